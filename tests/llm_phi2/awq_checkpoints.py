"""AWQ checkpoints by plain rounding, in the format `gemm` that AWQ libraries write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from .gptq_checkpoints import LINEAR, round_linear

ORDER = [0, 2, 4, 6, 1, 3, 5, 7]
"""Which of eight neighbouring outputs comes first, second … in an int32; as published."""


def pack_columns(values: Tensor) -> Tensor:
    """Integers [R, N] → int32 [R, N / 8], one bit operation for each, as the libraries do it."""
    packed = torch.zeros(values.shape[0], values.shape[1] // 8, dtype=torch.int32)
    for column in range(packed.shape[1]):
        for place, output in enumerate(ORDER):
            packed[:, column] |= values[:, column * 8 + output].to(torch.int32) << (place * 4)
    return packed


def write_awq(
    model: Any, folder: Path, *, group: int = 32, settings: dict[str, Any] | None = None
) -> Path:
    """Round every layer of a `PhiForCausalLM` and save what AWQ libraries would."""
    model.save_pretrained(folder)
    tensors = {}
    for name, tensor in model.state_dict().items():
        layer, _, part = name.rpartition(".")
        if part != "weight" or layer.rpartition(".")[2] not in LINEAR:
            tensors[name] = tensor.half()
            continue
        in_order = torch.arange(tensor.shape[1])
        values, zeros, scales, _ = round_linear(tensor.float(), group, 4, in_order)
        tensors |= {
            f"{layer}.qweight": pack_columns(values),
            f"{layer}.qzeros": pack_columns(zeros),
            f"{layer}.scales": scales.half().contiguous(),
        }
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    config["quantization_config"] = {
        "quant_method": "awq",
        "bits": 4,
        "group_size": group,
        "zero_point": True,
        "version": "gemm",
        **(settings or {}),
    }
    (folder / "config.json").write_text(json.dumps(config))
    return folder
