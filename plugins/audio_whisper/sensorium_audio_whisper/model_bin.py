"""What `model.bin`, CTranslate2's binary format, says about a Whisper before its weights are read.

The format is that of versions 2 to 6: a header, then for each variable its name, shape, type and
bytes. https://github.com/OpenNMT/CTranslate2/blob/master/src/models/model.cc reads it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sensorium.errors import CheckpointError

from .checkpoint import WHERE

_SPECIFICATION = b"WhisperSpec"
_VERSIONS = range(2, 7)

_MEL_BINS = ("encoder/conv1/weight", 1)
_POSITIONS = ("encoder/position_encodings/encodings", 0)
_TEXT_POSITIONS = ("decoder/position_encodings/encodings", 0)
_TOKENS = ("decoder/embeddings/weight", 0)

Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class ModelSizes:
    """What the files beside `model.bin` have to fit."""

    mel_bins: int
    frames: int
    """Of one window: two for each of the encoder's positions."""
    text_positions: int
    """Of the decoder: the longest text with its prompt."""
    tokens: int
    shapes: Shapes
    """Of every variable."""


def read_sizes(path: Path) -> ModelSizes:
    """CheckpointError where the file is damaged, cut short, or no Whisper."""
    try:
        with path.open("rb") as file:
            shapes, aliases = _read(file, path.stat().st_size)
        # Of equal variables one is stored, and the others are other names of it.
        named = shapes | {name: shapes[stored] for name, stored in aliases.items()}
        mel_bins, positions, text_positions, tokens = (
            named[name][axis] for name, axis in (_MEL_BINS, _POSITIONS, _TEXT_POSITIONS, _TOKENS)
        )
    except OSError as error:
        raise CheckpointError(f"Cannot read {path}: {error.strerror}", where=WHERE) from error
    except (struct.error, ValueError, KeyError, IndexError) as error:
        raise CheckpointError(
            f"{path} is damaged, incomplete, or no Whisper that CTranslate2 reads",
            where=WHERE,
            hint="Copy or convert it again.",
        ) from error
    return ModelSizes(mel_bins, 2 * positions, text_positions, tokens, shapes)


def _read(file: BinaryIO, size: int) -> tuple[Shapes, dict[str, str]]:
    """The shapes of the variables, and the names of those that are stored under another."""
    version = _number(file, "I")
    if version not in _VERSIONS or _text(file) != _SPECIFICATION:
        raise ValueError("another format")
    _number(file, "I")
    shapes: Shapes = {}
    for _ in range(_number(file, "I")):
        name = _text(file).decode()
        shapes[name] = tuple(_number(file, "I") for _ in range(_number(file, "B")))
        kind, length = _number(file, "B"), _number(file, "I")
        # Before version 4: bytes of an item and items, instead of a type and bytes.
        file.seek(length if version >= 4 else kind * length, 1)
        if file.tell() > size:
            raise ValueError("cut short")
    aliases = {}
    if version >= 3:
        for _ in range(_number(file, "I")):
            alias = _text(file).decode()
            aliases[alias] = _text(file).decode()
    return shapes, aliases


def _number(file: BinaryIO, kind: str) -> int:
    number: int = struct.unpack(f"<{kind}", file.read(struct.calcsize(f"<{kind}")))[0]
    return number


def _text(file: BinaryIO) -> bytes:
    length = _number(file, "H")
    text = file.read(length)
    if len(text) < length:
        raise ValueError("cut short")
    return text.rstrip(b"\0")
