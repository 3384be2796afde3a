"""Average pooling as torch's `adaptive_avg_pool1d` and `adaptive_avg_pool2d` compute it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from sensorium.builtin.projectors.geometry import Pooling

from .operations import Array


def pool(features: Array, pooling: Pooling) -> Array:
    """[T, D] → [K, D] with K = `pooling.positions(T)`."""
    length, width = features.shape
    kept = pooling.positions(length)
    if kept == length:
        return features
    if pooling.grid and pooling.pooled_grid and pooling.is_grid(length):
        rows, columns = (
            _means(there, here)
            for there, here in zip(pooling.grid, pooling.pooled_grid, strict=True)
        )
        picture = features.reshape(*pooling.grid, width)
        pooled = np.einsum("ar,bc,rcd->abd", rows, columns, picture, optimize=True)
        return np.ascontiguousarray(pooled.reshape(kept, width), np.float32)
    return _means(length, kept) @ features


@lru_cache(maxsize=64)
def _means(length: int, kept: int) -> Array:
    """[kept, length]: row i averages from floor(i T / K) up to ceil((i + 1) T / K)."""
    means = np.zeros((kept, length), np.float32)
    for row in range(kept):
        start, end = row * length // kept, -(-(row + 1) * length // kept)
        means[row, start:end] = 1 / (end - start)
    return means
