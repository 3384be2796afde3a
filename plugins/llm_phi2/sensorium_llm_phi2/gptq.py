"""GPTQ checkpoints in their standard format, read without the library that made them.

Method: https://arxiv.org/abs/2210.17323; format: AutoGPTQ's, which GPTQModel writes as well. Every
linear layer K → N is stored as `qweight` int32 [K / p, N], `qzeros` int32 [G, N / p], `scales`
[G, N] and `g_idx` int32 [K], with p = 32 / bits integers in an int32, the lowest bits first.
`weight[n, k] = (q[k, n] - zero[g_idx[k], n]) * scale[g_idx[k], n]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from sensorium.errors import CheckpointError
from torch import Tensor

from .integers import QuantizedLinear, misfit, stored_parts, unpack

_BITS = (4, 8)


@dataclass(frozen=True, slots=True)
class GptqFormat:
    """An `IntegerFormat`."""

    bits: int
    zero_offset: int
    """1 where `zero - 1` is stored (format `gptq`), 0 where `zero` is (`gptq_v2`)."""

    suffixes = ("qweight", "qzeros", "scales", "g_idx")

    @classmethod
    def read(cls, settings: Mapping[str, Any], folder: Path) -> GptqFormat:
        """What the checkpoint says of itself; CheckpointError for what cannot be read."""
        bits, stored = settings.get("bits"), settings.get("checkpoint_format", "gptq")
        if bits not in _BITS or stored not in ("gptq", "gptq_v2"):
            raise CheckpointError(
                f"A GPTQ checkpoint of {bits!r} bits in the format {stored!r}; 4 or 8 bits in "
                "'gptq' or 'gptq_v2' can be read",
                where=str(folder),
            )
        return cls(bits, zero_offset=int(stored == "gptq"))

    def shape(self, qweight: Tensor) -> tuple[int, int]:
        """[K / p, N] → (N, K)."""
        rows, outputs = qweight.shape
        return outputs, rows * (32 // self.bits)

    def layout(self, shape: tuple[int, int], groups: int) -> dict[str, tuple[int, ...]]:
        """As at the head of this file."""
        outputs, inputs = shape
        packed = 32 // self.bits
        return {
            "qweight": (inputs // packed, outputs),
            "qzeros": (groups, outputs // packed),
            "scales": (groups, outputs),
            "g_idx": (inputs,),
        }

    def linear(
        self, weights: Mapping[str, Tensor], name: str, shape: tuple[int, int]
    ) -> QuantizedLinear:
        """The layer `name` of `shape` (N, K); CheckpointError where its tensors do not fit."""
        parts = stored_parts(weights, name, self.suffixes)
        qweight, qzeros, scales, groups = parts
        count = scales.shape[0]
        fits = (
            [tuple(part.shape) for part in parts] == [*self.layout(shape, count).values()]
            and qweight.dtype == qzeros.dtype == torch.int32
            and bool((groups >= 0).all() and (groups < count).all())
        )
        if not fits:
            raise misfit(name)
        # Added to the int32 as a whole, as it was taken off: a zero of 0 borrowed from its
        # neighbour.
        ones = sum(1 << shift for shift in range(0, 32, self.bits)) * self.zero_offset
        return QuantizedLinear(
            bits=self.bits,
            values=unpack(qweight.T, self.bits).T,
            zeros=unpack(qzeros + ones, self.bits),
            scales=scales.float(),
            groups=groups.long(),
        )
