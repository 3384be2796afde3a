"""The loss that most objectives have, a mean over the labels of all processes."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from .processes import divisor


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """logits [M, V], labels [M] (-100: none) → the mean in float32; 0 where no label is."""
    total = functional.cross_entropy(logits.float(), labels, ignore_index=-100, reduction="sum")
    return total / divisor((labels != -100).sum())
