"""AWQ checkpoints in the format `gemm`, read without the library that made them.

Method: https://arxiv.org/abs/2306.00978; format: AutoAWQ's, which GPTQModel writes as well. Every
linear layer K → N is stored as `qweight` int32 [K, N / 8], `qzeros` int32 [G, N / 8] and `scales`
[G, N]. An int32 holds the 4 bits of eight neighbouring outputs, interleaved; groups are K / G
inputs in a row, and zeros are stored as they are.
`weight[n, k] = (q[k, n] - zero[k // group, n]) * scale[k // group, n]`.
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

BITS = 4
PACKED = 32 // BITS

_PLACES = [0, 4, 1, 5, 2, 6, 3, 7]
"""Where in an int32, the lowest bits first, the eight outputs lie: it holds 0 2 4 6 1 3 5 7."""


@dataclass(frozen=True, slots=True)
class AwqFormat:
    """An `IntegerFormat`; there is but one that can be read."""

    suffixes = ("qweight", "qzeros", "scales")

    @classmethod
    def read(cls, settings: Mapping[str, Any], folder: Path) -> AwqFormat:
        """What the checkpoint says of itself; CheckpointError for what cannot be read."""
        # AutoAWQ calls it `version`, GPTQModel and transformers `format`.
        names = (settings.get(key) for key in ("version", "format", "checkpoint_format"))
        stored = str(next(filter(None, names), "gemm")).lower()
        bits = settings.get("bits", BITS)
        if bits != BITS or stored != "gemm":
            raise CheckpointError(
                f"An AWQ checkpoint of {bits!r} bits in the format '{stored}'; 4 bits in 'gemm' "
                "can be read",
                where=str(folder),
                hint="Quantize the model again with version GEMM, or with GPTQ: "
                "sensorium quantize --help",
            )
        return cls()

    def shape(self, qweight: Tensor) -> tuple[int, int]:
        """[K, N / 8] → (N, K)."""
        inputs, columns = qweight.shape
        return columns * PACKED, inputs

    def layout(self, shape: tuple[int, int], groups: int) -> dict[str, tuple[int, ...]]:
        """As at the head of this file; nothing where so many groups do not divide the inputs."""
        outputs, inputs = shape
        if not groups or inputs % groups:
            return {}
        return {
            "qweight": (inputs, outputs // PACKED),
            "qzeros": (groups, outputs // PACKED),
            "scales": (groups, outputs),
        }

    def linear(
        self, weights: Mapping[str, Tensor], name: str, shape: tuple[int, int]
    ) -> QuantizedLinear:
        """The layer `name` of `shape` (N, K); CheckpointError where its tensors do not fit."""
        inputs = shape[1]
        parts = stored_parts(weights, name, self.suffixes)
        qweight, qzeros, scales = parts
        count = scales.shape[0]
        fits = [tuple(part.shape) for part in parts] == [
            *self.layout(shape, count).values()
        ] and qweight.dtype == qzeros.dtype == torch.int32
        if not fits:
            raise misfit(name)
        return QuantizedLinear(
            bits=BITS,
            values=_in_order(qweight),
            zeros=_in_order(qzeros),
            scales=scales.float(),
            groups=torch.arange(inputs) // (inputs // count),
        )


def _in_order(packed: Tensor) -> Tensor:
    """int32 [R, N / 8] → uint8 [R, N]."""
    apart = unpack(packed, BITS).reshape(len(packed), -1, PACKED)
    return apart[:, :, _PLACES].flatten(1)
