"""Bytes of a picture or recording from anywhere, never more than a limit."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

from sensorium.errors import InputTypeError, MediaError


def read_bytes(source: str | Path | bytes | BinaryIO, *, most: int, kind: str) -> bytes:
    """All of `source`; MediaError where it cannot be opened or has more than `most` bytes,
    InputTypeError where it is nothing that has bytes.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        data = bytes(source)
    elif isinstance(source, str | Path):
        data = _of_file(source, most, kind)
    else:
        data = _of_open_file(source, most, kind)
    if len(data) > most:
        raise MediaError(f"The {kind} is larger than {most // 2**20} MiB")
    return data


def _of_file(path: str | Path, most: int, kind: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            return file.read(most + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a valid path"
        fetch = "Addresses are not fetched: download the file." if "://" in str(path) else None
        raise MediaError(f"Cannot open the {kind} {path}: {reason}", hint=fetch) from error


def _of_open_file(file: Any, most: int, kind: str) -> bytes:
    if not hasattr(file, "read"):
        raise InputTypeError(
            f"A {kind} cannot be read from {type(file).__name__}",
            hint="Give a path, the bytes of a file, an open file or a numpy array"
            f"{', or a PIL image' if kind == 'picture' else ''}.",
        )
    try:
        data = file.read(most + 1)
    except UnicodeDecodeError:
        data = ""
    if not isinstance(data, bytes):
        raise InputTypeError(f"The {kind} was opened as text", hint="Open it with mode 'rb'.")
    return data
