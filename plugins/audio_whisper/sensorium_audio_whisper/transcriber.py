"""The transcriber: recordings → text, through faster-whisper.

Legend: S samples at 16 kHz, M mel bins, F frames of one window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sensorium import Segment, Transcript
from sensorium.media.audio import SAMPLE_RATE_HZ

from .saving import Files, copy_speech
from .stretches import speech

if TYPE_CHECKING:
    from pathlib import Path

    from sensorium.contracts import Progress

    from .conversion import Conversion
    from .options import WhisperOptions

FULL_FRAMES = 3000
"""Frames of a window of every Whisper that OpenAI trained: 30 s. Only these know timestamps."""

FULL_VOCABULARY = 50_000
"""Fewer tokens than this are a small model's own: OpenAI's lists of tokens do not apply to it."""


class WhisperTranscriber:
    """A `Transcriber`. Each stretch of speech is heard alone, so nothing is carried over."""

    modality = "audio"

    def __init__(
        self, model: Any, options: WhisperOptions, conversion: Conversion, transformers: Files
    ) -> None:
        self.model = model
        self.options = options
        self._conversion = conversion
        self._transformers = transformers

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
        copy_speech(self._transformers, self._conversion.files, folder)

    def _stretches(self, waveform: Any) -> list[tuple[int, int]]:
        options = self.options
        return speech(
            waveform,
            window=self.model.feature_extractor.n_samples,
            pause_seconds=options.pause_seconds,
            steady_decibels=options.steady_decibels,
            voice_threshold=options.voice_threshold,
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


def _placed(segment: Any, start: int, end: int) -> Segment:
    """A segment of a stretch, in seconds of the whole recording."""
    begin, limit = start / SAMPLE_RATE_HZ, end / SAMPLE_RATE_HZ
    return Segment(
        round(min(begin + segment.start, limit), 3),
        round(min(begin + segment.end, limit), 3),
        segment.text.strip(),
    )
