"""Computing in half precision: in which format, and attention where a CPU is slow at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import torch
from sensorium.device import computes_bfloat16
from torch import Tensor
from torch.nn import functional
from torch.nn.functional import scaled_dot_product_attention
from torch.utils._pytree import tree_map

from .recipe import TrainingRecipe


def half(recipe: TrainingRecipe, device: str) -> torch.dtype | None:
    """What `autocast` computes in on this kind of device (`cpu`, `cuda`); None: in float32."""
    if recipe.autocast is None or (recipe.autocast == "auto" and not pays(device)):
        return None
    return torch.float16 if recipe.autocast == "float16" else torch.bfloat16


def pays(device: str) -> bool:
    """Is bfloat16 multiplied faster than float32?"""
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return computes_bfloat16()


@contextmanager
def wide_attention() -> Iterator[None]:
    """Inside, attention on a CPU in bfloat16 is computed in float32.

    The backward pass of torch's fused attention (2.13) is slow in bfloat16 where sequences are
    short, and gains little where they are long (bench/precision.py). Torch has no setting for it,
    so its function is replaced, for whoever looks it up in torch.nn.functional.
    """
    functional.scaled_dot_product_attention = _attention
    try:
        yield
    finally:
        functional.scaled_dot_product_attention = scaled_dot_product_attention


@wraps(scaled_dot_product_attention)
def _attention(query: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    narrow = query.dtype
    if query.is_cpu and torch.is_autocast_enabled("cpu"):
        narrow = torch.get_autocast_dtype("cpu")
    if not query.is_cpu or narrow != torch.bfloat16:
        return scaled_dot_product_attention(query, *args, **kwargs)
    wide, others = tree_map(_widened, (query, *args)), tree_map(_widened, kwargs)
    with torch.autocast("cpu", enabled=False):
        return scaled_dot_product_attention(*wide, **others).to(narrow)


def _widened(leaf: Any) -> Any:
    return leaf.float() if isinstance(leaf, Tensor) and leaf.is_floating_point() else leaf
