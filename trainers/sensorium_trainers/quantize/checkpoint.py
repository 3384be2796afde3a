"""The standard GPTQ checkpoint, which transformers and GPTQModel load.

Its second version, `gptq_v2`: the first stores zeros less one, and readers disagree about what a
zero of 0 becomes, so that GPTQModel refuses it from others unless all zeros are in the middle.

Legend: K inputs, N outputs, G groups, p = 32 / bits integers in an int32, the lowest bits first.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from sensorium.checkpoint import read_json, save_weights, write_json
from sensorium.errors import CheckpointError
from torch import Tensor

from .gptq import GptqSettings, Rounded

_CONFIG, _WEIGHTS = "config.json", "model.safetensors"


class QuantizedCheckpoint:
    """Stands for a language model when a bundle is written: `save` writes integers."""

    def __init__(self, llm: Any, rounded: Mapping[str, Rounded], settings: GptqSettings) -> None:
        self._llm = llm
        self._rounded = rounded
        self._settings = settings

    def save(self, folder: Path) -> None:
        """Everything the model itself saves, the rounded matrices as integers."""
        self._llm.save(folder)
        tensors = {name: _half(name, kept) for name, kept in load_file(folder / _WEIGHTS).items()}
        for name, matrix in self._rounded.items():
            del tensors[f"{name}.weight"]
            stored = pack(matrix, self._settings)
            tensors |= {f"{name}.{suffix}": tensor for suffix, tensor in stored.items()}
        save_weights(tensors, folder / _WEIGHTS)
        config = read_json(folder / _CONFIG)
        config["dtype"] = "float16"
        config["quantization_config"] = {
            "quant_method": "gptq",
            "bits": self._settings.bits,
            "group_size": self._settings.group_size,
            "desc_act": False,
            "sym": False,
            "lm_head": False,
            "checkpoint_format": "gptq_v2",
            "pack_dtype": "int32",
        }
        write_json(folder / _CONFIG, config)


def pack(matrix: Rounded, settings: GptqSettings) -> dict[str, Tensor]:
    """`qweight` [K / p, N], `qzeros` [G, N / p], `scales` [G, N], `g_idx` [K]."""
    inputs = matrix.values.shape[1]
    return {
        "qweight": _pack_last(matrix.values, settings.bits).T.contiguous(),
        "qzeros": _pack_last(matrix.zeros.T, settings.bits),
        "scales": matrix.scales.T.contiguous(),
        "g_idx": (torch.arange(inputs) // settings.group_size).to(torch.int32),
    }


def _half(name: str, tensor: Tensor) -> Tensor:
    """What stays a float, in the type that the format's scales have."""
    half = tensor.half()
    if not half.isfinite().all():
        raise CheckpointError(f"{name} has values that float16 cannot hold")
    return half


def _pack_last(values: Tensor, bits: int) -> Tensor:
    """uint8 [..., M] → int32 [..., M / p]."""
    shifts = torch.arange(0, 32, bits)
    apart = values.long().reshape(*values.shape[:-1], -1, len(shifts))
    whole = (apart << shifts).sum(-1)
    # The upper half of 32 bits without a sign is the negative half with one.
    return torch.where(whole < 1 << 31, whole, whole - (1 << 32)).to(torch.int32).contiguous()
