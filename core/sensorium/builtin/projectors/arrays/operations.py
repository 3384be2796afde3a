"""The few operations that projectors are made of, in float32 numpy.

Each takes and gives float32 [..., D]; `name` is the prefix of the tensors in `weights`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float32]
Weights: TypeAlias = Mapping[str, Array]
Shapes: TypeAlias = dict[str, tuple[int, ...]]

LAYER_NORM_EPSILON = 1e-5  # torch's default

# Abramowitz and Stegun 7.1.26: erf within 1.5e-7, half a step of float32 around 1.
_ERF = (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)
_ERF_SLOPE = 0.3275911


def linear(x: Array, weights: Weights, name: str) -> Array:
    """[..., D] → [..., D_out]: a matrix [D_out, D] and a bias [D_out], as in `nn.Linear`."""
    product: Array = x @ weights[f"{name}.weight"].T
    product += weights[f"{name}.bias"]
    return product


def linear_shapes(name: str, width: int, width_out: int) -> Shapes:
    """The tensors of one linear map."""
    return {f"{name}.weight": (width_out, width), f"{name}.bias": (width_out,)}


def gelu(x: Array) -> Array:
    """The exact GELU, x * P(X <= x) of a standard normal X."""
    erf = _erf(np.abs(x) * np.float32(0.5**0.5))
    result: Array = x * (0.5 + np.copysign(0.5 * erf, x)).astype(np.float32)
    return result


def layer_norm(x: Array, weights: Weights, name: str) -> Array:
    """Mean 0 and variance 1 along the last axis, then scale and shift, as in `nn.LayerNorm`."""
    centred = x - x.mean(-1, keepdims=True)
    variance = (centred * centred).mean(-1, keepdims=True)
    normed = centred / np.sqrt(variance + np.float32(LAYER_NORM_EPSILON))
    result: Array = normed * weights[f"{name}.weight"] + weights[f"{name}.bias"]
    return result


def norm_shapes(name: str, width: int) -> Shapes:
    """The tensors of one layer norm."""
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}


def softmax(x: Array) -> Array:
    """Along the last axis."""
    exponentials = np.exp(x - x.max(-1, keepdims=True))
    result: Array = exponentials / exponentials.sum(-1, keepdims=True)
    return result


def _erf(x: Array) -> NDArray[np.float64]:
    """Of x >= 0."""
    t = 1 / (1 + _ERF_SLOPE * x.astype(np.float64))
    rest = np.polyval([*_ERF, 0.0], t) * np.exp(-(x.astype(np.float64) ** 2))
    return np.asarray(1 - rest, np.float64)
