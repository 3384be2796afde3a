"""How many bytes a folder holds, counted by all processes that write into it, one at a time."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from filelock import FileLock

COUNT, PARTIAL = "bytes", "partial"


class Room:
    """The bound of a folder. Use it as a context manager: one process at a time is inside."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._folder = folder
        self._count = folder / COUNT
        self._partial = folder / PARTIAL
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
        self.write(self._count, str(held + size if fits else held).encode())
        return fits

    def write(self, path: Path, content: bytes) -> None:
        """A file of the folder, whole or not at all; what a killed process left is overwritten.

        Not flushed to the disk: after a crash of the machine checksums tell.
        """
        try:
            self._partial.write_bytes(content)
            os.replace(self._partial, path)
        except OSError:
            self._partial.unlink(missing_ok=True)
            raise

    def _held(self) -> int:
        try:
            return int(self._count.read_text("ascii"))
        except (OSError, ValueError):  # none yet, or torn by a crash
            return self._files()

    def _files(self) -> int:
        held = 0
        for path in self._folder.rglob("*.safetensors"):
            with suppress(FileNotFoundError):  # damaged, and deleted by a process that reads
                held += path.stat().st_size
        return held
