"""How much memory there is: of the machine, or of the container where that is less."""

from __future__ import annotations

from pathlib import Path

import psutil

_CONTAINER = Path("/sys/fs/cgroup")

_EXHAUSTED = ("can't allocate memory", "Failed to allocate memory", "bad_alloc", "bad allocation")
"""What libraries say in an error of no kind of its own."""


def total_memory() -> int:
    """Bytes in all."""
    total = int(psutil.virtual_memory().total)
    limit = _limit("memory.max")
    return total if limit is None else min(total, limit)


def available_memory() -> int:
    """Bytes that can still be taken."""
    available = int(psutil.virtual_memory().available)
    limit, used = _limit("memory.max"), _limit("memory.current")
    if limit is None or used is None:
        return available
    return max(0, min(available, limit - used))


def is_exhausted(error: BaseException) -> bool:
    """Whether an allocation failed: Python's, torch's, a GPU's, or that of a C++ library."""
    said = str(error)
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or any(words in said for words in _EXHAUSTED)
    )


def _limit(name: str) -> int | None:
    try:
        return int((_CONTAINER / name).read_text())
    except (OSError, ValueError):  # no container, or "max"
        return None
