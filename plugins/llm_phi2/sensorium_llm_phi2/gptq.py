"""GPTQ checkpoints in their standard format, read without the library that made them.

Method: https://arxiv.org/abs/2210.17323; format: AutoGPTQ's, which GPTQModel writes as well. Every
linear layer K → N is stored as `qweight` int32 [K / p, N], `qzeros` int32 [G, N / p], `scales`
[G, N] and `g_idx` int32 [K], with p = 32 / bits integers in an int32, the lowest bits first.
`weight[n, k] = (q[k, n] - zero[g_idx[k], n]) * scale[g_idx[k], n]`.

Legend: K inputs, N outputs, G groups of inputs that share a scale.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from sensorium.errors import CheckpointError
from torch import Tensor

SUFFIXES = ("qweight", "qzeros", "scales", "g_idx")
_SETTINGS = "quantize_config.json"
_BITS = (4, 8)


@dataclass(frozen=True, slots=True)
class GptqFormat:
    """How a checkpoint is to be read."""

    bits: int
    zero_offset: int
    """1 where `zero - 1` is stored (format `gptq`), 0 where `zero` is (`gptq_v2`)."""


@dataclass(frozen=True, slots=True)
class QuantizedLinear:
    """The integers of one linear layer and what they stand for."""

    bits: int
    values: Tensor
    """uint8 [K, N]"""
    zeros: Tensor
    """uint8 [G, N]"""
    scales: Tensor
    """float32 [G, N]"""
    groups: Tensor
    """int64 [K]: which group an input belongs to; not in order where GPTQ used act-order."""

    def dequantized(self) -> Tensor:
        """The weight matrix that the integers stand for: [N, K], float32."""
        centred = self.values.float() - self.zeros[self.groups].float()
        return (centred * self.scales[self.groups]).T.contiguous()


def read_format(config: Mapping[str, Any], folder: Path) -> GptqFormat | None:
    """What config.json, or the file beside it, says; None for a checkpoint that is no GPTQ."""
    settings = config.get("quantization_config")
    if settings is None and (folder / _SETTINGS).is_file():
        settings = _read_settings(folder / _SETTINGS)
    if not isinstance(settings, Mapping) or settings.get("quant_method", "gptq") != "gptq":
        return None
    bits, stored = settings.get("bits"), settings.get("checkpoint_format", "gptq")
    if bits not in _BITS or stored not in ("gptq", "gptq_v2"):
        raise CheckpointError(
            f"A GPTQ checkpoint of {bits!r} bits in the format {stored!r}; 4 or 8 bits in 'gptq' "
            "or 'gptq_v2' can be read",
            where=str(folder),
        )
    return GptqFormat(bits, zero_offset=int(stored == "gptq"))


def read_linear(
    weights: Mapping[str, Tensor], name: str, stored: GptqFormat, shape: tuple[int, int]
) -> QuantizedLinear:
    """The layer `name` of `shape` (N, K); CheckpointError where its tensors do not fit together."""
    outputs, inputs = shape
    missing = [suffix for suffix in SUFFIXES if f"{name}.{suffix}" not in weights]
    if missing:
        raise CheckpointError(f"The quantized layer {name} has no {', '.join(missing)}")
    qweight, qzeros, scales, groups = (weights[f"{name}.{suffix}"] for suffix in SUFFIXES)
    packed = 32 // stored.bits
    count = scales.shape[0]
    fits = (
        tuple(qweight.shape) == (inputs // packed, outputs)
        and tuple(qzeros.shape) == (count, outputs // packed)
        and tuple(scales.shape) == (count, outputs)
        and tuple(groups.shape) == (inputs,)
        and qweight.dtype == qzeros.dtype == torch.int32
        and bool((groups >= 0).all() and (groups < count).all())
    )
    if not fits:
        raise CheckpointError(
            f"The quantized layer {name} does not fit config.json, or its tensors each other"
        )
    # Added to the int32 as a whole, as it was taken off: a zero of 0 borrowed from its neighbour.
    ones = sum(1 << shift for shift in range(0, 32, stored.bits)) * stored.zero_offset
    return QuantizedLinear(
        bits=stored.bits,
        values=unpack(qweight.T, stored.bits).T,
        zeros=unpack(qzeros + ones, stored.bits),
        scales=scales.float(),
        groups=groups.long(),
    )


def dequantized_weights(
    weights: Mapping[str, Tensor], stored: GptqFormat, dtype: torch.dtype
) -> dict[str, Tensor]:
    """The state dict of a plain model that computes what the integers stand for.

    CheckpointError where there are none, or where they do not fit together.
    """
    plain = {name: weight for name, weight in weights.items() if not name.endswith(SUFFIXES)}
    quantized = [key.removesuffix(".qweight") for key in weights if key.endswith(".qweight")]
    if not quantized:
        raise CheckpointError("config.json speaks of gptq, but no weight is quantized")
    for name in quantized:
        rows, outputs = weights[f"{name}.qweight"].shape
        shape = (outputs, rows * (32 // stored.bits))
        linear = read_linear(weights, name, stored, shape)
        plain[f"{name}.weight"] = linear.dequantized().to(dtype)
    return plain


def unpack(packed: Tensor, bits: int) -> Tensor:
    """int32 [..., M] → uint8 [..., M * 32 / bits], the lowest bits first."""
    shifts = torch.arange(0, 32, bits, dtype=torch.int32)
    apart = (packed.unsqueeze(-1) >> shifts) & ((1 << bits) - 1)
    return apart.to(torch.uint8).flatten(-2)


def _read_settings(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError("Quantization settings cannot be read", where=str(path)) from error
