"""Projectors that put neighbouring positions side by side before an MLP: fewer, wider positions."""

from __future__ import annotations

import numpy as np

from sensorium.builtin.projectors.geometry import Pooling
from sensorium.errors import PerceptionError

from .operations import Array, Weights
from .plain import mlp
from .pooling import pool


class PixelShuffle:
    """Space to depth: every `factor` x `factor` square of patches becomes one position.

    A grid that `factor` does not divide is filled up with zeros at the right and the bottom.
    """

    def __init__(
        self,
        grid: tuple[int, int],
        factor: int,
        max_positions: int | None,
        weights: Weights,
        depth: int,
    ) -> None:
        self._rows, self._columns = grid
        self._factor = factor
        self._squares = (-(-self._rows // factor), -(-self._columns // factor))
        self._pooling = Pooling(self._squares, max_positions)
        self._weights, self._depth = weights, depth

    def positions(self, length: int) -> int:
        """How many positions come out; PerceptionError where `length` is not the grid's."""
        if length != self._rows * self._columns:
            raise PerceptionError(
                f"The projector 'pixel-shuffle' expects {self._rows} x {self._columns} positions, "
                f"not {length}."
            )
        return self._pooling.positions(self._squares[0] * self._squares[1])

    def project(self, features: Array) -> Array:
        """[T, D_encoder] → [K, D_llm]."""
        self.positions(len(features))
        width, factor = features.shape[1], self._factor
        rows, columns = self._squares
        grid = np.zeros((rows * factor, columns * factor, width), np.float32)
        grid[: self._rows, : self._columns] = features.reshape(self._rows, self._columns, width)
        # [rows, f, columns, f, D] → the two f next to D
        squares = grid.reshape(rows, factor, columns, factor, width).swapaxes(1, 2)
        stacked = squares.reshape(rows * columns, factor * factor * width)
        return mlp(pool(stacked, self._pooling), self._weights, self._depth)


class FrameStack:
    """Every `frames` consecutive positions become one; the last one is filled up with zeros."""

    def __init__(
        self, frames: int, max_positions: int | None, weights: Weights, depth: int
    ) -> None:
        self._frames = frames
        self._pooling = Pooling(None, max_positions)
        self._weights, self._depth = weights, depth

    def positions(self, length: int) -> int:
        """How many positions come out for `length` positions in."""
        return self._pooling.positions(-(-length // self._frames))

    def project(self, features: Array) -> Array:
        """[T, D_encoder] → [K, D_llm]."""
        filled = np.pad(features, ((0, -len(features) % self._frames), (0, 0)))
        stacks = filled.reshape(-1, self._frames * features.shape[1])
        return mlp(pool(stacks, self._pooling), self._weights, self._depth)
