"""Room for a KV cache that costs memory only where it was written."""

from __future__ import annotations

import contextlib
import math
import mmap

import numpy as np
from numpy.typing import DTypeLike


def reserve(shape: tuple[int, ...], dtype: DTypeLike) -> np.ndarray:
    """Zeros of this shape; the system gives them memory page by page, as they are written.

    Taken from the system itself: what malloc hands out may lie in huge pages (2 MiB), of which
    the first position of every head touches one, and that is the memory of them all.
    """
    nbytes = math.prod(shape) * np.dtype(dtype).itemsize
    # On Windows there is neither this kind of mapping nor a huge page that nobody asked for.
    private = hasattr(mmap, "MAP_PRIVATE")
    flags = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if private else {}
    room = mmap.mmap(-1, nbytes, **flags)
    if hasattr(mmap, "MADV_NOHUGEPAGE"):
        with contextlib.suppress(OSError):  # a kernel without huge pages does not know the word
            room.madvise(mmap.MADV_NOHUGEPAGE)
    return np.frombuffer(room, dtype).reshape(shape)
