"""Bytes of a picture or recording from anywhere, never more than a limit."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from sensorium.errors import MediaError


def read_bytes(source: str | Path | bytes | BinaryIO, *, most: int, kind: str) -> bytes:
    """All of `source`; MediaError where it cannot be opened or has more than `most` bytes."""
    if isinstance(source, bytes):
        data = source
    elif isinstance(source, str | Path):
        try:
            with Path(source).open("rb") as file:
                data = file.read(most + 1)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not a valid path"
            raise MediaError(f"Cannot open the {kind} {source}: {reason}") from error
    else:
        data = source.read(most + 1)
    if len(data) > most:
        raise MediaError(f"The {kind} is larger than {most // 2**20} MiB")
    return data
