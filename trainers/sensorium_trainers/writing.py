"""Small files of a run, written whole; what hinders it is said in words."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .errors import TrainingError

_NO_ROOM = {os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT)}


def advice(reason: str, kept: str = "Earlier checkpoints are untouched") -> str:
    """What to do about a write that failed with these words of the system."""
    if reason in _NO_ROOM:
        return f"{kept}; make room and run the same command again."
    return f"{kept}; choose an output folder that can be written."


@contextmanager
def writing(path: Path, kept: str = "Earlier checkpoints are untouched") -> Iterator[None]:
    """TrainingError that names the file instead of whatever the system says; `kept` is safe."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise TrainingError(f"Cannot write {path}: {reason}", hint=advice(reason, kept)) from error


def make_folder(path: Path) -> None:
    """A folder to write into, where there is none yet."""
    with writing(path):
        path.mkdir(parents=True, exist_ok=True)


def replace_text(path: Path, text: str) -> None:
    """The file has the old text or the new one, whatever happens meanwhile."""
    with writing(path):
        write_whole(path, text, path.with_name(f"{path.name}.partial"))


def write_whole(path: Path, text: str, partial: Path) -> None:
    """By way of `partial`, which nobody else may write at the same time; OSError as it comes."""
    try:
        with partial.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise
