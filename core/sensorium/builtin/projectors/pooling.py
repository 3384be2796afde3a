"""Average pooling to a budget of positions, in two dimensions where the features are a grid."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from .geometry import Pooling


class Pool(nn.Module):
    """[..., T, D] → [..., K, D] as a `Pooling` says; no parameters."""

    def __init__(self, grid: tuple[int, int] | None, max_positions: int | None) -> None:
        super().__init__()
        self.pooling = Pooling(grid, max_positions)

    def positions(self, length: int) -> int:
        """How many positions come out for `length` positions in."""
        return self.pooling.positions(length)

    def forward(self, features: Tensor) -> Tensor:
        """[..., T, D] → [..., K, D]."""
        *leading, length, width = features.shape
        kept = self.positions(length)
        if kept == length:
            return features
        channels_first = features.reshape(-1, length, width).transpose(1, 2)
        grid, pooled_grid = self.pooling.grid, self.pooling.pooled_grid
        if grid and pooled_grid and self.pooling.is_grid(length):
            picture = channels_first.reshape(-1, width, *grid)
            pooled = functional.adaptive_avg_pool2d(picture, pooled_grid).flatten(2)
        else:
            pooled = functional.adaptive_avg_pool1d(channels_first, kept)
        return pooled.transpose(1, 2).reshape(*leading, kept, width)

    def extra_repr(self) -> str:
        """Shown by `print(projector)`."""
        return f"grid={self.pooling.grid}, max_positions={self.pooling.max_positions}"
