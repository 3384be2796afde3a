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


def usual_kept_megabytes() -> int:
    """MiB for what earlier conversations have read, if the recipe does not say.

    A sixteenth of the memory: what is kept only saves time, and other programs need memory too. At
    most 1,024, which hold a whole context window of Phi-2 (0.7 GB in half precision).
    """
    return min(1024, total_memory() // 2**20 // 16)


def media_bytes(kept_megabytes: int) -> int:
    """Bytes in which one sense remembers what it saw: a quarter as much, within 16 to 256 MiB.

    With less, the pictures of one question would be encoded again for its answer.
    """
    return min(256, max(16, kept_megabytes // 4)) * 2**20


def _limit(name: str) -> int | None:
    try:
        return int((_CONTAINER / name).read_text())
    except (OSError, ValueError):  # no container, or "max"
        return None
