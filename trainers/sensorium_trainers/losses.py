"""A loss is taken in sums: only the whole step knows what they are divided by.

A batch is a part of its step: one of several that are accumulated, or that of one of several
processes. The mean of the batches' means would count a target of a small batch for more than one of
a large.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor
from torch.nn import functional


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """logits [M, V], labels [M] (-100: none) → the sum in float32; 0 where no label is."""
    return functional.cross_entropy(logits.float(), labels, ignore_index=-100, reduction="sum")


def hits(logits: Tensor, labels: Tensor) -> Tensor:
    """logits [M, V], labels [M] → how many labels have the highest logit, float32."""
    return (logits.detach().argmax(-1) == labels).sum().float()


def means(sums: Mapping[str, Tensor], counts: Mapping[str, float]) -> dict[str, Tensor]:
    """Each sum over its count; what there was none of is left out."""
    return {name: value / counts[name] for name, value in sums.items() if counts[name]}
