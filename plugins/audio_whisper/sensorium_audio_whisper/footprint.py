"""What Whisper takes of this machine, without a byte of its weights."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import torch
from sensorium.ctranslate2 import CONVERTED
from sensorium.errors import CheckpointError
from sensorium.footprint import Footprint, tower_footprint

from .checkpoint import MODEL, WHERE, local_folder, require_conversion
from .encoder import build

if TYPE_CHECKING:
    from .options import WhisperOptions

LIBRARIES_BYTES = 110 * 10**6
"""faster-whisper with CTranslate2, FFmpeg and the detector of voices."""

_BYTES = {"int8": 1, "int8_float16": 1, "float16": 2, "bfloat16": 2, "float32": 4}


def encoder_footprint(options: WhisperOptions) -> Footprint:
    """Of the encoder; one item is a window."""
    encoder = build(options, "meta")
    config, weight = encoder.module.config, encoder.module.conv1.weight
    frames = 2 * config.max_source_positions
    window = torch.empty(1, config.num_mel_bins, frames, device="meta", dtype=weight.dtype)
    return tower_footprint(
        encoder.module,
        lambda: encoder.features(window),
        width=config.d_model,
        inner=config.encoder_ffn_dim,
        layers=config.encoder_layers,
        rows=config.max_source_positions,
    )


def transcriber_footprint(options: WhisperOptions) -> Footprint:
    """Of the whole model on a CPU; CheckpointError where it was not downloaded yet."""
    shapes = list(_shapes(_conversion(options)))
    matrices = sum(math.prod(shape) for shape in shapes if len(shape) > 1)
    rest = sum(math.prod(shape) for shape in shapes) - matrices
    held = _BYTES["int8" if options.compute_type == "auto" else options.compute_type]
    return Footprint(
        parameters=matrices + rest,
        resident_bytes=held * matrices + 4 * rest + LIBRARIES_BYTES,
    )


def _conversion(options: WhisperOptions) -> Path:
    if folder := local_folder(options):
        require_conversion(folder, options.checkpoint)
        return next(
            place for place in (folder / MODEL, folder / CONVERTED / MODEL) if place.is_file()
        )
    from huggingface_hub import try_to_load_from_cache

    name = options.checkpoint
    repository = name if "/" in name else f"Systran/faster-whisper-{name}"
    cached = try_to_load_from_cache(repository, MODEL, revision=options.revision)
    if not isinstance(cached, str):
        raise CheckpointError(
            f"{name} was not downloaded yet",
            where=WHERE,
            hint="The first recording fetches it.",
        )
    return Path(cached)


def _shapes(path: Path) -> Iterator[tuple[int, ...]]:
    """Of every variable in CTranslate2's binary format, version 6."""
    with path.open("rb") as file:
        _number(file, "I")
        _text(file)
        _number(file, "I")
        for _ in range(_number(file, "I")):
            _text(file)
            rank = _number(file, "B")
            yield tuple(_number(file, "I") for _ in range(rank))
            _number(file, "B")
            file.seek(_number(file, "I"), 1)


def _number(file: BinaryIO, kind: str) -> int:
    number: int = struct.unpack(f"<{kind}", file.read(struct.calcsize(f"<{kind}")))[0]
    return number


def _text(file: BinaryIO) -> None:
    file.seek(_number(file, "H"), 1)
