"""Projectors that map every position by itself, after optional pooling."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from torch import Tensor, nn

from sensorium.errors import WidthError

from .pooling import Pool

if TYPE_CHECKING:
    from sensorium.contracts import FeatureShape


class Identity(nn.Module):
    """The features themselves, for encoders that already speak the model's width."""

    def __init__(
        self, source: FeatureShape, target_width: int, *, max_positions: int | None = None
    ) -> None:
        super().__init__()
        if source.width != target_width:
            raise WidthError(
                f"The identity projector cannot join an encoder of width {source.width} to a "
                f"language model of width {target_width}.",
                hint="Use the projector 'linear' or 'mlp'.",
            )
        self.pool = Pool(source.grid, max_positions)

    def positions(self, length: int) -> int:
        """How many positions come out for `length` positions in."""
        return self.pool.positions(length)

    def forward(self, features: Tensor) -> Tensor:
        """[..., T, D] → [..., K, D]."""
        pooled: Tensor = self.pool(features)
        return pooled


class Linear(nn.Module):
    """One matrix and a bias. State: `linear.weight`, `linear.bias`."""

    def __init__(
        self, source: FeatureShape, target_width: int, *, max_positions: int | None = None
    ) -> None:
        super().__init__()
        self.pool = Pool(source.grid, max_positions)
        self.linear = nn.Linear(source.width, target_width)

    def positions(self, length: int) -> int:
        """How many positions come out for `length` positions in."""
        return self.pool.positions(length)

    def forward(self, features: Tensor) -> Tensor:
        """[..., T, D_encoder] → [..., K, D_llm]."""
        embeddings: Tensor = self.linear(self.pool(features))
        return embeddings


class Mlp(nn.Module):
    """LLaVA's `mlpNx_gelu`: `depth` linear maps with GELU between them, as wide as the target
    or, inside, `hidden`.

    State: `layers.0`, `layers.2`, … (`weight` and `bias`): the numbers of LLaVA's
    `mm_projector.0`, `mm_projector.2`; for depth 2 also `linear_1` and `linear_2` of
    transformers' `multi_modal_projector`. GELU is the exact one, as in both.
    """

    def __init__(
        self,
        source: FeatureShape,
        target_width: int,
        *,
        depth: int = 2,
        hidden: int | None = None,
        max_positions: int | None = None,
    ) -> None:
        super().__init__()
        self.pool = Pool(source.grid, max_positions)
        self.layers = mlp_layers(source.width, target_width, depth, hidden)

    def positions(self, length: int) -> int:
        """How many positions come out for `length` positions in."""
        return self.pool.positions(length)

    def forward(self, features: Tensor) -> Tensor:
        """[..., T, D_encoder] → [..., K, D_llm]."""
        embeddings: Tensor = self.layers(self.pool(features))
        return embeddings


class Residual(nn.Module):
    """A linear map, then a residual block of the target's width.

    `x = project(features)`, then `x + block(x)` with block = LayerNorm, Linear, GELU, Linear.
    State: `project`, `block.0` (the norm), `block.1`, `block.3`.
    """

    def __init__(
        self, source: FeatureShape, target_width: int, *, max_positions: int | None = None
    ) -> None:
        super().__init__()
        self.pool = Pool(source.grid, max_positions)
        self.project = nn.Linear(source.width, target_width)
        self.block = nn.Sequential(
            nn.LayerNorm(target_width),
            nn.Linear(target_width, target_width),
            nn.GELU(),
            nn.Linear(target_width, target_width),
        )

    def positions(self, length: int) -> int:
        """How many positions come out for `length` positions in."""
        return self.pool.positions(length)

    def forward(self, features: Tensor) -> Tensor:
        """[..., T, D_encoder] → [..., K, D_llm]."""
        projected: Tensor = self.project(self.pool(features))
        correction: Tensor = self.block(projected)
        return projected + correction


def mlp_layers(
    source_width: int, target_width: int, depth: int, hidden: int | None = None
) -> nn.Sequential:
    """`depth` linear maps with GELU between them, `hidden` wide inside or as wide as the target."""
    between = [hidden or target_width] * (depth - 1)
    widths = [source_width, *between, target_width]
    layers: list[nn.Module] = [nn.Linear(widths[0], widths[1])]
    for width, next_width in pairwise(widths[1:]):
        layers += [nn.GELU(), nn.Linear(width, next_width)]
    return nn.Sequential(*layers)
