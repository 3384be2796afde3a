"""The transcriber: recordings → text, through faster-whisper.

Legend: S samples at 16 kHz, M mel bins, F frames of one window.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sensorium import Segment, Transcript
from sensorium.errors import CheckpointError, ConfigError, MissingPackageError
from sensorium.media.audio import SAMPLE_RATE_HZ

from .checkpoint import (
    CONFIG,
    CONVERTED,
    MODEL,
    WHERE,
    copy_speech,
    local_folder,
    read_json,
    unknown,
    unreachable,
)
from .stretches import speech

if TYPE_CHECKING:
    from sensorium.contracts import Progress

    from .options import WhisperOptions

FULL_FRAMES = 3000
"""Frames of a window of every Whisper that OpenAI trained: 30 s. Only these know timestamps."""

FULL_TEXT = 448
"""Positions of their decoders."""

FULL_VOCABULARY = 50_000
"""Fewer tokens than this are a small model's own: OpenAI's lists of tokens do not apply to it."""


class WhisperTranscriber:
    """A `Transcriber`. Each stretch of speech is heard alone, so nothing is carried over."""

    modality = "audio"

    def __init__(self, model: Any, options: WhisperOptions, source: Path) -> None:
        self.model = model
        self.options = options
        self._source = source

    def transcribe(self, media: Any, *, progress: Progress | None = None) -> Transcript:
        """A waveform [S] → its words; no text and no language where nobody speaks."""
        waveform = np.asarray(media, dtype=np.float32)
        language = self.options.language
        segments: list[Segment] = []
        for start, end in self._stretches(waveform):
            found, info = self.model.transcribe(
                waveform[start:end], language=language, **self._settings()
            )
            for one in found:
                if self._is_plausible(one):
                    segments.append(_placed(one, start, end))
                    language = language or info.language
            if progress:
                progress(end / SAMPLE_RATE_HZ)
        text = " ".join(segment.text for segment in segments)
        return Transcript(text, language or "", tuple(segments))

    def save(self, folder: Path) -> None:
        """Copy the checkpoint: the conversion, and transformers' files where they are with it."""
        copy_speech(self._source, folder)

    def _stretches(self, waveform: Any) -> list[tuple[int, int]]:
        options = self.options
        return speech(
            waveform,
            window=self.model.feature_extractor.n_samples,
            pause_seconds=options.pause_seconds,
            steady_decibels=options.steady_decibels,
            vad_filter=options.vad_filter,
        )

    def _settings(self) -> dict[str, Any]:
        full = self.model.feature_extractor.nb_max_frames == FULL_FRAMES
        own_words = self.model.hf_tokenizer.get_vocab_size() < FULL_VOCABULARY
        return {
            "beam_size": self.options.beam_size,
            "temperature": 0.0,
            "condition_on_previous_text": False,
            "without_timestamps": not full,
            "suppress_tokens": [] if own_words else [-1],
            "log_prob_threshold": self.options.log_prob_threshold,
            "no_speech_threshold": self.options.no_speech_threshold,
        }

    def _is_plausible(self, segment: Any) -> bool:
        """A model always says something; what it is unsure of, or repeats, was not said."""
        return bool(
            segment.text.strip()
            and segment.avg_logprob >= self.options.log_prob_threshold
            and segment.compression_ratio <= self.options.compression_ratio_threshold
        )


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
    if options.vad_filter:
        get_vad_model()  # kept by faster-whisper: the first recording need not wait for it
    model.max_length = _longest_text(model, converted)
    if options.language and options.language not in model.supported_languages:
        raise ConfigError(
            f"This Whisper does not know the language '{options.language}'",
            where="transcriber whisper, language",
            hint=f"It knows: {', '.join(sorted(model.supported_languages))}",
        )
    return WhisperTranscriber(model, options, source)


def _source(options: WhisperOptions) -> Path:
    """The folder that holds the conversion, at its top or in `ctranslate2`."""
    folder = local_folder(options) or _download(options)
    if not any((place / MODEL).is_file() for place in (folder, folder / CONVERTED)):
        name = options.checkpoint
        raise CheckpointError(
            f"{name} has no conversion for CTranslate2 ({MODEL}, or {CONVERTED}/{MODEL}).",
            where=WHERE,
            hint=f"Make it: ct2-transformers-converter --model {name} --output_dir "
            f"{Path(name).name}/{CONVERTED} --quantization int8 --copy_files tokenizer.json "
            "preprocessor_config.json",
        )
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
        raise unreachable(name) from e


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


def _placed(segment: Any, start: int, end: int) -> Segment:
    """A segment of a stretch, in seconds of the whole recording."""
    begin, limit = start / SAMPLE_RATE_HZ, end / SAMPLE_RATE_HZ
    return Segment(
        round(min(begin + segment.start, limit), 3),
        round(min(begin + segment.end, limit), 3),
        segment.text.strip(),
    )
