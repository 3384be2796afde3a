"""Learned queries that read the features by cross attention (Flamingo's perceiver resampler)."""

from __future__ import annotations

import numpy as np

from .operations import (
    Array,
    Shapes,
    Weights,
    gelu,
    layer_norm,
    linear,
    linear_shapes,
    norm_shapes,
    softmax,
)

_SLOWEST = -9.21034  # log(1 / 10,000)


class Resampler:
    """As many positions come out as there are queries, however many go in."""

    def __init__(
        self, grid: tuple[int, int] | None, heads: int, depth: int, weights: Weights
    ) -> None:
        self._grid, self._heads, self._depth = grid, heads, depth
        self._weights = weights

    def positions(self, length: int) -> int:
        """The number of queries, whatever `length` is."""
        return len(self._weights["queries"])

    def project(self, features: Array) -> Array:
        """[T, D_encoder] → [K, D_llm]."""
        weights = self._weights
        keys = layer_norm(features, weights, "norm_features") + self._places(*features.shape)
        x = weights["queries"]
        for number in range(self._depth):
            x = self._layer(x, keys, f"layers.{number}")
        return linear(layer_norm(x, weights, "norm"), weights, "project")

    def _layer(self, x: Array, keys: Array, name: str) -> Array:
        """x [K, D] reads keys [T, D] and itself, then thinks → [K, D]."""
        weights = self._weights
        normed = layer_norm(x, weights, f"{name}.norm_queries")
        both = linear(np.concatenate([keys, normed]), weights, f"{name}.key_value")
        key, value = (self._split(part) for part in np.split(both, 2, axis=1))
        query = self._split(linear(normed, weights, f"{name}.query"))
        scores = query @ key.swapaxes(1, 2) * np.float32(query.shape[-1] ** -0.5)
        read = (softmax(scores) @ value).swapaxes(0, 1).reshape(x.shape)
        x = x + linear(read, weights, f"{name}.out")
        inner = linear(layer_norm(x, weights, f"{name}.mlp.0"), weights, f"{name}.mlp.1")
        return x + linear(gelu(inner), weights, f"{name}.mlp.3")

    def _split(self, x: Array) -> Array:
        """[N, D] → [heads, N, D / heads]."""
        return x.reshape(len(x), self._heads, -1).swapaxes(0, 1)

    def _places(self, length: int, width: int) -> Array:
        """[T, D_encoder]: sines of the index, or of row and column of a grid."""
        index = np.arange(length)
        if self._grid is None or length != self._grid[0] * self._grid[1]:
            return _sines(index, width)
        rows = _sines(index // self._grid[1], width // 2)
        columns = _sines(index % self._grid[1], width - width // 2)
        return np.concatenate([rows, columns], axis=1)


def resampler_shapes(width: int, target: int, queries: int, depth: int) -> Shapes:
    """The tensors of a `Resampler`."""
    shapes: Shapes = {"queries": (queries, width), **norm_shapes("norm_features", width)}
    for number in range(depth):
        name = f"layers.{number}"
        shapes |= norm_shapes(f"{name}.norm_queries", width)
        shapes |= linear_shapes(f"{name}.query", width, width)
        shapes |= linear_shapes(f"{name}.key_value", width, 2 * width)
        shapes |= linear_shapes(f"{name}.out", width, width)
        shapes |= norm_shapes(f"{name}.mlp.0", width)
        shapes |= linear_shapes(f"{name}.mlp.1", width, 4 * width)
        shapes |= linear_shapes(f"{name}.mlp.3", 4 * width, width)
    return shapes | norm_shapes("norm", width) | linear_shapes("project", width, target)


def _sines(index: np.ndarray, width: int) -> Array:
    """[T] → [T, width]: the sine code of "Attention Is All You Need"."""
    half = -(-width // 2)
    rate = np.exp(np.arange(half, dtype=np.float32) * np.float32(_SLOWEST / half))
    angle = index[:, None].astype(np.float32) * rate
    return np.concatenate([np.sin(angle), np.cos(angle)], axis=1)[:, :width]
