"""GPTQ: rounds a matrix so that its outputs, not its weights, change least.

Method: https://arxiv.org/abs/2210.17323. Inputs are rounded one after another; what an input's
rounding spoils is made up for by those that are not rounded yet, by the inverse of the inputs'
second moments. Every group of inputs has a scale and a zero of its own (asymmetric).

Legend: K inputs, N outputs, G groups, S positions seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from sensorium.errors import CheckpointError, ConfigError
from torch import Tensor

_DAMPING = 0.01
"""Added to the diagonal, as a share of its mean: the moments of few positions are singular."""


_SMALLEST_HALF = torch.finfo(torch.float16).smallest_normal * torch.finfo(torch.float16).eps
"""Of all numbers above 0 that float16 has, the subnormal ones included."""
_LARGEST_HALF = torch.finfo(torch.float16).max


@dataclass(frozen=True, slots=True)
class GptqSettings:
    """How many bits an integer has, and how many inputs share a scale."""

    bits: int = 4
    group_size: int = 128

    @property
    def highest(self) -> int:
        """The largest integer."""
        return (1 << self.bits) - 1


@dataclass(frozen=True, slots=True)
class Rounded:
    """A matrix [N, K] in integers."""

    values: Tensor
    """uint8 [N, K]"""
    zeros: Tensor
    """uint8 [N, G]"""
    scales: Tensor
    """float16 [N, G]"""

    def dequantized(self) -> Tensor:
        """What the integers stand for: [N, K], float32."""
        size = self.values.shape[1] // self.zeros.shape[1]
        zeros = self.zeros.float().repeat_interleave(size, 1)
        return (self.values.float() - zeros) * self.scales.float().repeat_interleave(size, 1)


class Moments:
    """The second moments of a layer's inputs over all that was seen."""

    def __init__(self, inputs: int) -> None:
        self.sum = torch.zeros(inputs, inputs)
        self.count = 0

    def add(self, inputs: Tensor) -> None:
        """[..., K], any float dtype."""
        rows = inputs.reshape(-1, inputs.shape[-1]).float()
        self.sum.addmm_(rows.T, rows)
        self.count += len(rows)


def check_groups(inputs: int, settings: GptqSettings, name: str) -> None:
    """ConfigError where groups do not fill a matrix in whole numbers."""
    if inputs % settings.group_size:
        raise ConfigError(
            f"Groups of {settings.group_size} do not fill the {inputs} inputs of {name}",
            where="--group-size",
            hint="Choose one that divides them, such as 32.",
        )


def check_range(weight: Tensor, settings: GptqSettings, name: str) -> None:
    """CheckpointError where a group reaches further than float16's scales, or has no end."""
    parts = weight.detach().float().reshape(len(weight), -1, settings.group_size)
    widest = (parts.amax(2).clamp(min=0) - parts.amin(2).clamp(max=0)).amax()
    if not widest <= _LARGEST_HALF * settings.highest:  # NaN neither
        raise CheckpointError(
            f"{name} has weights that {settings.bits} bits with scales in float16 cannot hold",
            hint="Is the checkpoint damaged? Its weights reach "
            f"{float(weight.detach().float().abs().amax()):.3g}.",
        )


def round_matrix(weight: Tensor, moments: Moments, settings: GptqSettings) -> Rounded:
    """[N, K] → integers; `moments` are of what is multiplied with it."""
    left = weight.detach().float().clone()
    outputs, inputs = left.shape
    influence = _influence(moments)
    size = settings.group_size
    values = torch.empty(outputs, inputs, dtype=torch.uint8)
    zeros = torch.empty(outputs, inputs // size, dtype=torch.uint8)
    scales = torch.empty(outputs, inputs // size, dtype=torch.float16)
    for group, start in enumerate(range(0, inputs, size)):
        stop = start + size
        scale, zero = _scale_and_zero(left[:, start:stop], settings.highest)
        errors = torch.empty(outputs, size)
        for column in range(start, stop):
            exact = left[:, column]
            integers = ((exact / scale).round() + zero).clamp(0, settings.highest)
            error = (exact - (integers - zero) * scale) / influence[column, column]
            left[:, column:stop] -= torch.outer(error, influence[column, column:stop])
            errors[:, column - start] = error
            values[:, column] = integers.to(torch.uint8)
        # The rest of the matrix learns of a whole group at once: one product instead of many.
        left[:, stop:] -= errors @ influence[start:stop, stop:]
        scales[:, group] = scale.half()  # which it is, but for the type
        zeros[:, group] = zero.to(torch.uint8)
    return Rounded(values, zeros, scales)


def _scale_and_zero(weights: Tensor, highest: int) -> tuple[Tensor, Tensor]:
    """Of one group [N, size] → [N] each, the scales as float16 will hold them."""
    low, high = weights.amin(1).clamp(max=0), weights.amax(1).clamp(min=0)
    scale = _rounded_up((high - low) / highest).float()
    return scale, (-low / scale).round().clamp(0, highest)


def _rounded_up(scales: Tensor) -> Tensor:
    """The smallest positive float16 that is no smaller, or the largest there is.

    Rounded down, the integers would not reach the ends of their group. Small weights have scales
    below float16's normal numbers, where a step between neighbours is a large part of a scale.
    """
    nearest = scales.clamp(_SMALLEST_HALF, _LARGEST_HALF).half()
    # Positive floats are in the order of their bits read as integers.
    following = (nearest.view(torch.int16) + 1).view(torch.float16)
    return torch.where(nearest.float() < scales.clamp(max=_LARGEST_HALF), following, nearest)


def _influence(moments: Moments) -> Tensor:
    """The upper Cholesky factor of the inverse of the damped moments: [K, K]."""
    matrix = moments.sum / max(moments.count, 1)
    diagonal = matrix.diagonal()
    diagonal[diagonal == 0] = 1  # an input that was always 0 tells nothing
    diagonal += _DAMPING * diagonal.mean()
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(matrix))
    factor: Tensor = torch.linalg.cholesky(inverse, upper=True)
    return factor
