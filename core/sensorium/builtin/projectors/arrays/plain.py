"""Projectors that map every position by itself, after optional pooling."""

from __future__ import annotations

from itertools import pairwise

from sensorium.builtin.projectors.geometry import Pooling

from .operations import (
    Array,
    Shapes,
    Weights,
    gelu,
    layer_norm,
    linear,
    linear_shapes,
    norm_shapes,
)
from .pooling import pool


class Identity:
    """The features themselves, perhaps averaged."""

    def __init__(self, pooling: Pooling) -> None:
        self._pooling = pooling

    def positions(self, length: int) -> int:
        """How many positions come out for `length` positions in."""
        return self._pooling.positions(length)

    def project(self, features: Array) -> Array:
        """[T, D] → [K, D]."""
        return pool(features, self._pooling)


class Linear(Identity):
    """One matrix and a bias."""

    def __init__(self, pooling: Pooling, weights: Weights) -> None:
        super().__init__(pooling)
        self._weights = weights

    def project(self, features: Array) -> Array:
        """[T, D_encoder] → [K, D_llm]."""
        return linear(super().project(features), self._weights, "linear")


class Mlp(Identity):
    """Linear maps with GELU between them."""

    def __init__(self, pooling: Pooling, weights: Weights, depth: int) -> None:
        super().__init__(pooling)
        self._weights, self._depth = weights, depth

    def project(self, features: Array) -> Array:
        """[T, D_encoder] → [K, D_llm]."""
        return mlp(super().project(features), self._weights, self._depth)


class Residual(Linear):
    """A linear map, then a residual block of the target's width."""

    def project(self, features: Array) -> Array:
        """[T, D_encoder] → [K, D_llm]."""
        weights = self._weights
        projected = linear(pool(features, self._pooling), weights, "project")
        inner = linear(layer_norm(projected, weights, "block.0"), weights, "block.1")
        return projected + linear(gelu(inner), weights, "block.3")


def mlp(x: Array, weights: Weights, depth: int) -> Array:
    """`depth` linear maps `layers.0`, `layers.2`, … with GELU between them."""
    x = linear(x, weights, "layers.0")
    for number in range(1, depth):
        x = linear(gelu(x), weights, f"layers.{2 * number}")
    return x


def mlp_shapes(width: int, target: int, depth: int, hidden: int | None) -> Shapes:
    """The tensors of an `mlp`, `hidden` wide inside or as wide as the target."""
    widths = [width, *[hidden or target] * (depth - 1), target]
    return {
        name: shape
        for number, (one, next_one) in enumerate(pairwise(widths))
        for name, shape in linear_shapes(f"layers.{2 * number}", one, next_one).items()
    }


def residual_shapes(width: int, target: int) -> Shapes:
    """The tensors of a `Residual`."""
    return {
        **linear_shapes("project", width, target),
        **norm_shapes("block.0", target),
        **linear_shapes("block.1", target, target),
        **linear_shapes("block.3", target, target),
    }
