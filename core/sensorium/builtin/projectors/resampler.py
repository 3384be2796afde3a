"""Learned queries that read the features by cross attention (Flamingo's perceiver resampler)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from sensorium.errors import ConfigError

if TYPE_CHECKING:
    from sensorium.contracts import FeatureShape


class Resampler(nn.Module):
    """`queries` positions come out, however many go in; a small Q-Former without its text side.

    Each of `depth` layers lets the queries attend to the features and to each other, as in
    Flamingo, then an MLP; a last norm and a linear map lead to the target's width. The inner
    width is the encoder's. Features carry a sine code of their place (rows and columns for a
    grid), so order is known even where the encoder dropped it.
    """

    def __init__(
        self,
        source: FeatureShape,
        target_width: int,
        *,
        queries: int = 64,
        depth: int = 2,
        heads: int = 8,
        max_positions: int | None = None,
    ) -> None:
        super().__init__()
        if source.width % heads:
            raise ConfigError(
                f"The resampler's {heads} heads do not divide the encoder's width {source.width}.",
                hint="Choose another number of heads.",
            )
        self.grid = source.grid
        count = queries if max_positions is None else min(queries, max_positions)
        self.queries = nn.Parameter(torch.randn(count, source.width) * source.width**-0.5)
        self.norm_features = nn.LayerNorm(source.width)
        self.layers = nn.ModuleList(_Layer(source.width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(source.width)
        self.project = nn.Linear(source.width, target_width)

    def positions(self, length: int) -> int:
        """The number of queries, whatever `length` is."""
        return self.queries.shape[0]

    def forward(self, features: Tensor) -> Tensor:
        """[..., T, D_encoder] → [..., K, D_llm]."""
        *leading, length, width = features.shape
        keys: Tensor = self.norm_features(features.reshape(-1, length, width))
        keys = keys + self._places(length, width, keys.device).to(keys.dtype)
        x = self.queries.expand(len(keys), -1, -1)
        for layer in self.layers:
            x = layer(x, keys)
        embeddings: Tensor = self.project(self.norm(x))
        return embeddings.reshape(*leading, *embeddings.shape[-2:])

    def _places(self, length: int, width: int, device: torch.device) -> Tensor:
        """[T, D_encoder] float32: sines of the index, or of row and column of a grid."""
        index = torch.arange(length, device=device)
        if self.grid is None or length != self.grid[0] * self.grid[1]:
            return _sines(index, width)
        rows = _sines(index // self.grid[1], width // 2)
        columns = _sines(index % self.grid[1], width - width // 2)
        return torch.cat([rows, columns], dim=1)


class _Layer(nn.Module):
    """One round: the queries read features and each other, then think."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm_queries = nn.LayerNorm(width)
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x: Tensor, keys: Tensor) -> Tensor:
        """x [B, K, D], keys [B, T, D] → [B, K, D]."""
        normed = self.norm_queries(x)
        key, value = self.key_value(torch.cat([keys, normed], dim=1)).chunk(2, dim=-1)
        read = functional.scaled_dot_product_attention(
            self._split(self.query(normed)), self._split(key), self._split(value)
        )
        x = x + self.out(read.transpose(1, 2).flatten(2))
        thought: Tensor = self.mlp(x)
        return x + thought

    def _split(self, x: Tensor) -> Tensor:
        """[B, T, D] → [B, heads, T, D / heads]."""
        return x.reshape(*x.shape[:2], self.heads, -1).transpose(1, 2)


def _sines(index: Tensor, width: int) -> Tensor:
    """[T] → [T, width]: the sine code of "Attention Is All You Need"."""
    half = -(-width // 2)
    rate = torch.exp(torch.arange(half, device=index.device) * (-9.21034 / half))
    angle = index[:, None].float() * rate
    return torch.cat([angle.sin(), angle.cos()], dim=1)[:, :width]
