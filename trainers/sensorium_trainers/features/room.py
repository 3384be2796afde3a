"""How many bytes a folder holds, counted by all processes that write into it together."""

from __future__ import annotations

import os
from pathlib import Path

from filelock import FileLock

COUNT = "bytes"


class Room:
    """The bound of a folder. Use it as a context manager: one process at a time is inside."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._folder = folder
        self._count = folder / COUNT
        self._lock = FileLock(folder / "lock")
        self._recounted = False

    def __enter__(self) -> Room:
        self._lock.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def take(self, size: int) -> bool:
        """Count `size` more bytes, before they are written; False where they do not fit.

        A process killed in between leaves the count too high, never too low, and so do files that
        are deleted: they are counted anew, once, before the folder is called full.
        """
        held = self._held()
        if held + size > self.max_bytes and not self._recounted:
            self._recounted = True
            held = self._files()
        fits = held + size <= self.max_bytes
        self._write(held + size if fits else held)
        return fits

    def _held(self) -> int:
        try:
            return int(self._count.read_text("ascii"))
        except (OSError, ValueError):  # none yet, or torn by a crash
            return self._files()

    def _files(self) -> int:
        found = self._folder.rglob("*.safetensors*")
        return sum(path.stat().st_size for path in found if path.is_file())

    def _write(self, held: int) -> None:
        partial = self._count.with_suffix(".partial")
        partial.write_text(str(held), "ascii")
        os.replace(partial, self._count)
