"""How many positions are left after pooling, and where they lie; no arrays here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Pooling:
    """At most `max_positions` come out; None keeps all.

    Features that are a `grid` (T = rows x columns, row-major) are averaged in two dimensions, all
    others along the sequence.
    """

    grid: tuple[int, int] | None = None
    max_positions: int | None = None

    @cached_property
    def pooled_grid(self) -> tuple[int, int] | None:
        """(rows, columns) that come out of the whole grid; None where there is nothing to pool."""
        if self.grid is None or self.max_positions is None:
            return None
        return fit_grid(self.grid, self.max_positions)

    def positions(self, length: int) -> int:
        """How many positions come out for `length` positions in."""
        if self.max_positions is None or length <= self.max_positions:
            return length
        if self.pooled_grid and self.is_grid(length):
            return self.pooled_grid[0] * self.pooled_grid[1]
        return self.max_positions

    def is_grid(self, length: int) -> bool:
        """Whether so many positions are the whole grid."""
        return self.grid is not None and length == self.grid[0] * self.grid[1]


def fit_grid(grid: tuple[int, int], max_positions: int) -> tuple[int, int]:
    """The largest (rows, columns) inside `grid` with at most `max_positions` cells.

    Largest first along the coarser axis, so that neither direction is starved (50 of 24 x 24
    gives 7 x 7, not 5 x 10), then by cells: (24, 24), 64 → (8, 8).
    """
    rows, columns = grid
    candidates = (
        (height, min(columns, max_positions // height))
        for height in range(1, min(rows, max_positions) + 1)
    )
    return max(
        candidates,
        key=lambda size: (min(size[0] / rows, size[1] / columns), size[0] * size[1], size[1]),
    )
