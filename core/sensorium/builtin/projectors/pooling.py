"""Average pooling to a budget of positions, in two dimensions where the features are a grid."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class Pool(nn.Module):
    """[..., T, D] → [..., K, D] with K at most `max_positions`; no parameters.

    Features that are a grid (T = rows x columns, row-major) are averaged in two dimensions, all
    others along the sequence. Nothing happens where T already fits or `max_positions` is None.
    """

    def __init__(self, grid: tuple[int, int] | None, max_positions: int | None) -> None:
        super().__init__()
        self.grid = grid
        self.max_positions = max_positions
        self.pooled_grid = grid and max_positions and fit_grid(grid, max_positions)

    def positions(self, length: int) -> int:
        """How many positions come out for `length` positions in."""
        if self.max_positions is None or length <= self.max_positions:
            return length
        if self.pooled_grid and self._is_grid(length):
            return self.pooled_grid[0] * self.pooled_grid[1]
        return self.max_positions

    def forward(self, features: Tensor) -> Tensor:
        """[..., T, D] → [..., K, D]."""
        *leading, length, width = features.shape
        kept = self.positions(length)
        if kept == length:
            return features
        channels_first = features.reshape(-1, length, width).transpose(1, 2)
        if self.grid and self.pooled_grid and self._is_grid(length):
            picture = channels_first.reshape(-1, width, *self.grid)
            pooled = functional.adaptive_avg_pool2d(picture, self.pooled_grid).flatten(2)
        else:
            pooled = functional.adaptive_avg_pool1d(channels_first, kept)
        return pooled.transpose(1, 2).reshape(*leading, kept, width)

    def extra_repr(self) -> str:
        """Shown by `print(projector)`."""
        return f"grid={self.grid}, max_positions={self.max_positions}"

    def _is_grid(self, length: int) -> bool:
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
