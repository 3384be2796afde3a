"""Small files of a run, written whole; a disk that is full is said in words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import TrainingError

KEPT = "Earlier checkpoints are untouched; make room and run the same command again."


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """TrainingError that names the file instead of whatever the system says."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise TrainingError(f"Cannot write {path}: {reason}", hint=KEPT) from error


def replace_text(path: Path, text: str) -> None:
    """The file has the old text or the new one, whatever happens meanwhile."""
    with writing(path):
        write_whole(path, text, path.with_name(f"{path.name}.partial"))


def write_whole(path: Path, text: str, partial: Path) -> None:
    """By way of `partial`, which nobody else may write at the same time; OSError as it comes."""
    with partial.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)
