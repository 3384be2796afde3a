"""Short names for content: which weights, which settings, independent of where they lie.

`weights_fingerprint` reads names, types, shapes and a few blocks of every tensor, so it costs
milliseconds where a hash of the whole file costs seconds. It tells checkpoints apart: another
model, another training run, a fine-tuned layer. It does not guard against damage: a bit flipped
between two sampled blocks goes unseen. The full SHA-256 in a bundle's manifest guards against that.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from .errors import CheckpointError

LENGTH = 16
"""Hexadecimal digits of a fingerprint: 64 bits, enough to tell a person's checkpoints apart."""

_BLOCK_BYTES = 4096
_BLOCKS = 4
_HEADER_LIMIT_BYTES = 100_000_000
_WHOLE_FILE = ""

Select = Callable[[str], str | None]
"""A tensor's name in the file → its name in the fingerprint, or None to leave it out."""


def combine(*parts: str) -> str:
    """One fingerprint of several texts; `("ab", "c")` and `("a", "bc")` differ."""
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode()
        digest.update(f"{len(encoded)}:".encode() + encoded)
    return digest.hexdigest()[:LENGTH]


def file_sha256(path: Path) -> str:
    """Of every byte, in hexadecimal digits; OSError where it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def weights_fingerprint(files: Sequence[Path], select: Select | None = None) -> str:
    """A fingerprint of the tensors in `files`: their names, types, shapes and sampled blocks.

    For safetensors neither the path, the sharding nor the order of the tensors matters; `select`
    renames tensors or leaves them out, so that one tower of a larger checkpoint has the same
    fingerprint as that tower saved alone. A file of any other format is sampled as one block of
    bytes. Raises CheckpointError for a file that is missing, truncated or has no valid header.
    """
    entries: list[tuple[str, str]] = []
    for path in files:
        try:
            with path.open("rb") as file:
                spans = _spans(file, path)
                for name, description, begin, end in spans:
                    chosen = select(name) if select else name
                    if chosen is not None:
                        entries.append((chosen, description + _sample(file, begin, end)))
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise CheckpointError(f"Cannot read the weights file {path}: {reason}.") from error
    return combine(*(f"{name}|{content}" for name, content in sorted(entries)))


def _spans(file: BinaryIO, path: Path) -> Iterator[tuple[str, str, int, int]]:
    """Each tensor's name, description, and first and last byte + 1 in the file."""
    size = os.fstat(file.fileno()).st_size
    if path.suffix != ".safetensors":
        yield _WHOLE_FILE, f"{size}|", 0, size
        return
    length = int.from_bytes(file.read(8), "little")
    if not 2 <= length <= min(size - 8, _HEADER_LIMIT_BYTES):
        raise _damaged(path)
    try:
        header = json.loads(file.read(length))
        tensors = [
            (name, f"{entry['dtype']}|{entry['shape']}|", *map(int, entry["data_offsets"]))
            for name, entry in header.items()
            if name != "__metadata__"
        ]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _damaged(path) from error
    start = 8 + length
    for name, description, begin, end in tensors:
        if not 0 <= begin <= end <= size - start:
            raise _damaged(path)
        yield name, description, start + begin, start + end


def _sample(file: BinaryIO, begin: int, end: int) -> str:
    """A hash of the whole span where it is short, else of evenly spaced blocks of it."""
    digest = hashlib.sha256()
    if end - begin <= _BLOCKS * _BLOCK_BYTES:
        file.seek(begin)
        digest.update(file.read(end - begin))
    else:
        step = (end - begin - _BLOCK_BYTES) // (_BLOCKS - 1)
        for index in range(_BLOCKS):
            file.seek(begin + index * step)
            digest.update(file.read(_BLOCK_BYTES))
    return digest.hexdigest()


def _damaged(path: Path) -> CheckpointError:
    return CheckpointError(
        f"{path} is not a complete safetensors file.", hint="Copy or download it again."
    )
