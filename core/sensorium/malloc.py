"""What the C library keeps of freed memory. Nothing happens here where it is not glibc."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from typing import Any

_MMAP_THRESHOLD = -3  # malloc.h
_LARGE = 8 * 2**20


def give_back() -> None:
    """Return to the system, now, what was freed."""
    if trim := _function("malloc_trim"):
        trim(0)


def give_back_large() -> None:
    """From now on, return blocks of 8 MiB and more as soon as they are freed.

    glibc keeps blocks of up to 32 MiB, and before 2.38 often cannot use them again: a training took
    up to half as much memory again as its tensors. Smaller blocks are better kept, for asking the
    system for each of them makes steps slower. An environment that sets the threshold itself is
    left alone.
    """
    environment = os.environ.get("GLIBC_TUNABLES", "") + " ".join(os.environ)
    if "mmap_threshold" in environment.lower():
        return
    if option := _function("mallopt"):
        option(_MMAP_THRESHOLD, _LARGE)


def _function(name: str) -> Callable[..., Any] | None:
    try:
        function: Callable[..., Any] = getattr(ctypes.CDLL(None), name)
    except (OSError, AttributeError, TypeError):
        return None
    return function
