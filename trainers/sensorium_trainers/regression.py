"""Ridge regression whose strength is chosen by leaving out each pair in turn.

Legend: N pairs, D_from and D_to widths. All in float64.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

STRENGTHS = tuple(10.0**power for power in range(-10, 3))
"""Of the penalty, as a share of the mean variance of what is mapped."""


@dataclass(frozen=True, slots=True)
class LinearMap:
    """`y = weight @ x + bias`: [D_to, D_from] and [D_to].

    `explained` is the share of the variance of y that it predicts where a pair is left out.
    """

    weight: Tensor
    bias: Tensor
    explained: float


def ridge(x: Tensor, y: Tensor) -> LinearMap:
    """x [N, D_from], y [N, D_to] → the map with the least error on pairs that were left out.

    With the eigenvectors of xᵀx the error without each pair follows from one fit (Allen's PRESS),
    so every strength costs one product of matrices.
    """
    x_mean, y_mean = x.mean(0), y.mean(0)
    values, vectors = torch.linalg.eigh((x - x_mean).T @ (x - x_mean))
    turned, centred = (x - x_mean) @ vectors, y - y_mean
    products = turned.T @ centred
    floor = torch.finfo(x.dtype).tiny
    best, least = products, float("inf")
    for strength in STRENGTHS:
        shrunk = (values.clamp(min=0) + strength * values.mean()).clamp(min=floor)
        slopes = products / shrunk[:, None]
        leverage = 1 / len(x) + (turned.square() / shrunk).sum(1)
        left_out = (centred - turned @ slopes) / (1 - leverage).clamp(min=1e-12)[:, None]
        error = float(left_out.square().sum())
        if error < least:
            best, least = slopes, error
    weight = (vectors @ best).T
    explained = 1 - least / max(float(centred.square().sum()), floor)
    return LinearMap(weight, y_mean - weight @ x_mean, explained)
