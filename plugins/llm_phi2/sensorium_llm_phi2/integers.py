"""Linear layers that a checkpoint holds as integers, whichever method rounded them.

Legend: K inputs, N outputs, G groups of inputs that share a scale.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

import torch
from sensorium.errors import CheckpointError
from torch import Tensor

T = TypeVar("T")


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


class IntegerFormat(Protocol):
    """How a checkpoint stores its integers."""

    @property
    def suffixes(self) -> tuple[str, ...]:
        """The tensors of one layer, as they are called behind its name; `qweight` is the first."""
        ...

    def shape(self, qweight: Tensor) -> tuple[int, int]:
        """(N, K) of the layer that these integers are."""
        ...

    def layout(self, shape: tuple[int, int], groups: int) -> dict[str, tuple[int, ...]]:
        """The shapes of the tensors of a layer of `shape` (N, K), by suffix; none where such a
        layer cannot be.
        """
        ...

    def linear(
        self, weights: Mapping[str, Tensor], name: str, shape: tuple[int, int]
    ) -> QuantizedLinear:
        """The layer `name` of `shape` (N, K); CheckpointError where its tensors do not fit."""
        ...


def stored_parts(weights: Mapping[str, T], name: str, suffixes: tuple[str, ...]) -> list[T]:
    """What there is of one layer, tensors or their shapes; CheckpointError where one is missing."""
    if missing := [suffix for suffix in suffixes if f"{name}.{suffix}" not in weights]:
        raise CheckpointError(f"The quantized layer {name} has no {', '.join(missing)}")
    return [weights[f"{name}.{suffix}"] for suffix in suffixes]


def misfit(name: str) -> CheckpointError:
    """The error for a layer whose tensors are not those of its shape."""
    return CheckpointError(
        f"The quantized layer {name} does not fit config.json, or its tensors each other"
    )


def unpack(packed: Tensor, bits: int) -> Tensor:
    """int32 [..., M] → uint8 [..., M * 32 / bits], the lowest bits first."""
    shifts = torch.arange(0, 32, bits, dtype=torch.int32)
    apart = (packed.unsqueeze(-1) >> shifts) & ((1 << bits) - 1)
    return apart.to(torch.uint8).flatten(-2)
