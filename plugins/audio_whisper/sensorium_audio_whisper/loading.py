"""Finds a conversion, here or on the hub, or makes it, and loads it into faster-whisper."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sensorium.errors import CheckpointError, ConfigError, MissingPackageError

from .checkpoint import MODEL, SIZES, WHERE, Checkpoint, local_folder, unknown, unreachable
from .conversion import Conversion, open_conversion, place_of_conversion
from .converting import converted, transformers_files
from .saving import Files, transformers_half
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

    kind, _, index = device.partition(":")
    compute = options.compute_type
    if compute == "auto":
        compute = "int8" if kind == "cpu" else "float16"
    conversion, transformers = _find(options, compute)
    with _in_memory(conversion) as files:
        try:
            model = WindowedWhisper(
                str(conversion.folder),
                device=kind,
                device_index=int(index or 0),
                compute_type=compute,
                cpu_threads=torch.get_num_threads(),
                files=files,
            )
        except (RuntimeError, ValueError, OSError, KeyError) as error:
            reason = " ".join(str(error).split())
            raise CheckpointError(
                f"{conversion.folder} cannot be loaded: {reason}", where=WHERE
            ) from error
    if options.voice_threshold:
        get_vad_model()  # kept by faster-whisper: the first recording need not wait for it
    model.max_length = _longest_text(model, conversion.sizes.text_positions)
    if options.language and options.language not in model.supported_languages:
        raise ConfigError(
            f"This Whisper does not know the language '{options.language}'",
            where="language",
            hint=f"It knows: {', '.join(sorted(model.supported_languages))}",
        )
    return WhisperTranscriber(model, options, conversion, transformers)


def inspect(options: WhisperOptions) -> None:
    """CheckpointError where it is plain, without loading, that a local folder cannot transcribe."""
    if folder := local_folder(options):
        if place := place_of_conversion(folder):
            open_conversion(place)
        else:
            transformers_files(Checkpoint(options))


def _find(options: WhisperOptions, compute: str) -> tuple[Conversion, Files]:
    """The conversion, and the files of the same model that transformers reads, if there are any."""
    folder = local_folder(options) or _download(options)
    if (place := place_of_conversion(folder)) is None:
        files = transformers_files(Checkpoint(options))
        return open_conversion(converted(files, options.checkpoint, compute)), files
    return open_conversion(place), {} if place == folder else transformers_half(folder)


def _download(options: WhisperOptions) -> Path:
    """Those of a repository's files that faster-whisper reads."""
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


@contextmanager
def _in_memory(conversion: Conversion) -> Iterator[dict[str, Any] | None]:
    """What faster-whisper is given instead of a folder where the files lie in several."""
    if conversion.is_whole:
        yield None
        return
    with conversion.files[MODEL].open("rb") as model:
        small = {
            name: path.read_bytes() for name, path in conversion.files.items() if name != MODEL
        }
        yield {**small, MODEL: model}


def _longest_text(model: Any, positions: int) -> int:
    """What CTranslate2 takes as `max_length`: it writes at most half as many tokens.

    A small model may fill all that its prompt leaves of the decoder's positions.
    """
    if positions >= FULL_TEXT:
        return FULL_TEXT
    return 2 * (positions - (4 if model.model.is_multilingual else 2))
