"""What Whisper takes of this machine, without a byte of its weights."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from sensorium.checkpoint import read_header
from sensorium.errors import CheckpointError
from sensorium.footprint import Footprint, tower_footprint

from .checkpoint import MODEL, SAFE, WHERE, local_folder
from .conversion import place_of_conversion
from .encoder import build
from .model_bin import read_sizes

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
    shapes = list(_shapes(options))
    matrices = sum(math.prod(shape) for shape in shapes if len(shape) > 1)
    rest = sum(math.prod(shape) for shape in shapes) - matrices
    held = _BYTES["int8" if options.compute_type == "auto" else options.compute_type]
    return Footprint(
        parameters=matrices + rest,
        resident_bytes=held * matrices + 4 * rest + LIBRARIES_BYTES,
    )


def _shapes(options: WhisperOptions) -> Iterable[Sequence[int]]:
    """Of all weights, from the header of the conversion or of what is to be converted."""
    if folder := local_folder(options):
        place = place_of_conversion(folder)
        return _converted(place / MODEL) if place else _unconverted(folder / SAFE)
    from huggingface_hub import try_to_load_from_cache

    name = options.checkpoint
    repository = name if "/" in name else f"Systran/faster-whisper-{name}"
    for file, shapes in ((MODEL, _converted), (SAFE, _unconverted)):
        cached = try_to_load_from_cache(repository, file, revision=options.revision)
        if isinstance(cached, str):
            return shapes(Path(cached))
    raise CheckpointError(
        f"{name} was not downloaded yet",
        where=WHERE,
        hint="The first recording fetches it.",
    )


def _converted(path: Path) -> Iterable[Sequence[int]]:
    return read_sizes(path).shapes.values()


def _unconverted(path: Path) -> Iterable[Sequence[int]]:
    shapes = read_header(path, where=WHERE).shapes
    return [shape for name, shape in shapes.items() if name != "proj_out.weight"]  # tied
