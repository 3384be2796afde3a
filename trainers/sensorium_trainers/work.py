"""How much a batch computes: FLOPs from the shapes of weights and the lengths of rows.

A matrix of n weights costs 2n FLOPs a position forward, 2n more where a gradient passes through it,
and 2n more where it learns itself: 6n for a model that learns whole. Attention scores cost 4 FLOPs
a width, layer and pair of query and key forward, twice that backward. Lookups, norms, activations,
padding and what gradient checkpointing computes again are not counted: the share of a machine's
peak that remains is the model's, not the program's (PaLM, https://arxiv.org/abs/2204.02311, B).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from torch import nn


@dataclass(frozen=True, slots=True)
class Work:
    """`tokens` are the positions that the stage's last model reads; padding is none."""

    tokens: int
    flops: int


NOTHING = Work(0, 0)


@dataclass(frozen=True, slots=True)
class Cost:
    """FLOPs of one part, forward and backward, as it learns now."""

    position: int
    pair: int = 0

    def of(self, positions: int, pairs: int = 0) -> int:
        """For so many positions, and pairs of a query and a key that it sees."""
        return self.position * positions + self.pair * pairs


def cost(part: nn.Module, *, behind: bool = False, vocabulary: int = 0) -> Cost:
    """`behind`: something learns in front of it; `vocabulary`: rows of the tables to leave out."""
    tables = {id(layer.weight) for layer in part.modules() if isinstance(layer, nn.Embedding)}
    matrices = [
        weight
        for weight in part.parameters()
        if weight.ndim > 1 and id(weight) not in tables and weight.shape[0] != vocabulary
    ]
    backward = behind or learns(part)
    return Cost(
        position=sum(_weights(matrix, backward=backward) for matrix in matrices),
        pair=4 * _attention_width(part) * (3 if backward else 1),
    )


def head_cost(part: nn.Module, vocabulary: int, *, behind: bool = False) -> Cost:
    """The vocabulary head, which is computed at targets only."""
    tables = [w for w in part.parameters() if w.ndim == 2 and w.shape[0] == vocabulary]
    backward = behind or learns(part)
    return Cost(sum(_weights(table, backward=backward) for table in tables[-1:]))


def learns(part: nn.Module) -> bool:
    """Whether any of its weights does."""
    return any(weight.requires_grad for weight in part.parameters())


def pairs(positions: Iterable[int]) -> int:
    """Queries at these positions of their conversations, and the keys up to each."""
    return sum(position + 1 for position in positions)


def _weights(matrix: nn.Parameter, *, backward: bool) -> int:
    quantized = getattr(matrix, "quant_state", None)  # nf4: two weights lie in one byte
    count = quantized.shape.numel() if quantized is not None else matrix.numel()
    return int(count) * (2 + 2 * backward + 2 * matrix.requires_grad)


def _attention_width(part: nn.Module) -> int:
    """Layers times width, where the configuration says so; 0 for a part without attention."""
    config: Any = getattr(part, "config", None)
    return int(getattr(config, "num_hidden_layers", 0) * getattr(config, "hidden_size", 0))
