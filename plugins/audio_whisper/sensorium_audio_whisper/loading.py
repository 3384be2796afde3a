"""Finds a conversion, here or on the hub, and loads it into faster-whisper."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sensorium.checkpoint import read_json
from sensorium.ctranslate2 import CONVERTED
from sensorium.errors import CheckpointError, ConfigError, MissingPackageError

from .checkpoint import (
    CONFIG,
    MODEL,
    SIZES,
    WHERE,
    local_folder,
    require_conversion,
    unknown,
    unreachable,
)
from .transcriber import WhisperTranscriber

if TYPE_CHECKING:
    from .options import WhisperOptions

FULL_TEXT = 448
"""Positions of the decoders of OpenAI's models."""


def build(options: WhisperOptions, device: str) -> WhisperTranscriber:
    """The model with its weights on `device`; CheckpointError says what is wrong with them."""
    try:
        from faster_whisper.vad import get_vad_model

        from .windowed import WindowedWhisper
    except ImportError as error:
        raise MissingPackageError("faster-whisper", "Transcribing", extra="audio") from error
    import torch

    source = _source(options)
    converted = source if (source / MODEL).is_file() else source / CONVERTED
    kind, _, index = device.partition(":")
    compute = {"cpu": "int8"}.get(kind, "float16")
    try:
        model = WindowedWhisper(
            str(converted),
            device=kind,
            device_index=int(index or 0),
            compute_type=compute if options.compute_type == "auto" else options.compute_type,
            cpu_threads=torch.get_num_threads(),
        )
    except (RuntimeError, ValueError, OSError, KeyError) as error:
        reason = " ".join(str(error).split())
        raise CheckpointError(f"{converted} cannot be loaded: {reason}", where=WHERE) from error
    if options.voice_threshold:
        get_vad_model()  # kept by faster-whisper: the first recording need not wait for it
    model.max_length = _longest_text(model, converted)
    if options.language and options.language not in model.supported_languages:
        raise ConfigError(
            f"This Whisper does not know the language '{options.language}'",
            where="language",
            hint=f"It knows: {', '.join(sorted(model.supported_languages))}",
        )
    return WhisperTranscriber(model, options, source)


def _source(options: WhisperOptions) -> Path:
    """The folder that holds the conversion, at its top or in `ctranslate2`."""
    folder = local_folder(options) or _download(options)
    require_conversion(folder, options.checkpoint)
    return folder


def _download(options: WhisperOptions) -> Path:
    import httpx
    from faster_whisper.utils import download_model
    from huggingface_hub import errors

    name = options.checkpoint
    try:
        return Path(download_model(name, revision=options.revision))
    except (errors.RepositoryNotFoundError, errors.HFValidationError) as error:
        raise unknown(name) from error
    except (errors.HfHubHTTPError, errors.LocalEntryNotFoundError, httpx.HTTPError, OSError) as e:
        # faster-whisper keeps its conversions of the sizes here.
        raise unreachable(f"Systran/faster-whisper-{name}" if name in SIZES else name) from e


def _longest_text(model: Any, converted: Path) -> int:
    """What CTranslate2 takes as `max_length`: it writes at most half as many tokens.

    OpenAI's decoders have 448 positions. The conversion does not say how many there are, but
    transformers' configuration above it does; a small model may fill all that its prompt leaves.
    """
    above = converted.parent / CONFIG
    positions = read_json(above).get("max_target_positions") if above.is_file() else None
    if converted.name != CONVERTED or not isinstance(positions, int) or positions >= FULL_TEXT:
        return FULL_TEXT
    prompt = 4 if model.model.is_multilingual else 2
    return 2 * (positions - prompt)
