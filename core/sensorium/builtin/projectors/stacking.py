"""Projectors that put neighbouring positions side by side before an MLP: fewer, wider positions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn
from torch.nn import functional

from sensorium.errors import ConfigError, PerceptionError

from .plain import mlp_layers
from .pooling import Pool

if TYPE_CHECKING:
    from sensorium.contracts import FeatureShape


class PixelShuffle(nn.Module):
    """Space to depth: every `factor` x `factor` square of patches becomes one position.

    A grid that `factor` does not divide is filled up with zeros at the right and the bottom
    (7 x 7 with factor 2 gives 4 x 4). State: `layers.0`, `layers.2`, … as in `Mlp`.
    """

    def __init__(
        self,
        source: FeatureShape,
        target_width: int,
        *,
        factor: int = 2,
        depth: int = 2,
        hidden: int | None = None,
        max_positions: int | None = None,
    ) -> None:
        super().__init__()
        if source.grid is None:
            raise ConfigError(
                "The projector 'pixel-shuffle' needs features that are a grid of patches.",
                hint="Use 'frame-stack' for sequences; for CLIP set cls: drop.",
            )
        self.factor = factor
        self.rows, self.columns = source.grid
        self.pool = Pool((-(-self.rows // factor), -(-self.columns // factor)), max_positions)
        self.layers = mlp_layers(source.width * factor * factor, target_width, depth, hidden)

    def positions(self, length: int) -> int:
        """How many positions come out; PerceptionError where `length` is not the grid's."""
        if length != self.rows * self.columns:
            raise PerceptionError(
                f"The projector 'pixel-shuffle' expects {self.rows} x {self.columns} positions, "
                f"not {length}."
            )
        return self.pool.positions(-(-self.rows // self.factor) * -(-self.columns // self.factor))

    def forward(self, features: Tensor) -> Tensor:
        """[..., T, D_encoder] → [..., K, D_llm]."""
        self.positions(features.shape[-2])
        *leading, _, width = features.shape
        right, bottom = -self.columns % self.factor, -self.rows % self.factor
        grid = features.reshape(*leading, self.rows, self.columns, width)
        grid = functional.pad(grid, (0, 0, 0, right, 0, bottom))
        # [..., rows, columns, D] → [..., rows/f, f, columns/f, f, D] → the two f next to D
        rows, columns = (side // self.factor for side in grid.shape[-3:-1])
        squares = grid.reshape(*leading, rows, self.factor, columns, self.factor, width)
        squares = squares.transpose(-4, -3)
        stacked = squares.reshape(*leading, rows * columns, self.factor * self.factor * width)
        embeddings: Tensor = self.layers(self.pool(stacked))
        return embeddings


class FrameStack(nn.Module):
    """Every `frames` consecutive positions become one; the last one is filled up with zeros.

    State: `layers.0`, `layers.2`, … as in `Mlp`.
    """

    def __init__(
        self,
        source: FeatureShape,
        target_width: int,
        *,
        frames: int = 4,
        depth: int = 2,
        hidden: int | None = None,
        max_positions: int | None = None,
    ) -> None:
        super().__init__()
        self.frames = frames
        self.pool = Pool(None, max_positions)
        self.layers = mlp_layers(source.width * frames, target_width, depth, hidden)

    def positions(self, length: int) -> int:
        """How many positions come out for `length` positions in."""
        return self.pool.positions(-(-length // self.frames))

    def forward(self, features: Tensor) -> Tensor:
        """[..., T, D_encoder] → [..., K, D_llm]."""
        *leading, length, width = features.shape
        filled = functional.pad(features, (0, 0, 0, -length % self.frames))
        stacks = filled.reshape(*leading, -1, self.frames * width)
        embeddings: Tensor = self.layers(self.pool(stacks))
        return embeddings
