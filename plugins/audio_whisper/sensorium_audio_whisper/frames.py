"""What a `preprocessor_config.json` makes of sound, and whether a model takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sensorium.errors import CheckpointError
from sensorium.media.audio import SAMPLE_RATE_HZ

from .checkpoint import PREPROCESSOR, WHERE

SETTINGS: Mapping[str, int] = {
    "feature_size": 80,
    "hop_length": 160,
    "chunk_length": 30,
    "n_fft": 400,
    "sampling_rate": SAMPLE_RATE_HZ,
}
"""Those that decide, with the values of OpenAI's models, which hold where a file leaves one out."""

_LONGEST_ANALYSIS = 2**14
"""Samples: a table of so many frequencies is made for every mel bin."""

_FIXED: Mapping[str, object] = {
    "feature_extractor_type": "WhisperFeatureExtractor",
    "padding_side": "right",
    "padding_value": 0,
    "dither": 0,  # noise: no two features of a recording would be equal
}
"""What features are computed with, whatever else transformers might do."""


@dataclass(frozen=True, slots=True)
class FrameShape:
    """One window: its mel bins and frames, and the rate of the sound they are made from."""

    mel_bins: int
    frames: int
    rate_hz: int = SAMPLE_RATE_HZ


def chosen_settings(settings: Mapping[str, Any]) -> dict[str, int]:
    """SETTINGS as the file has them; CheckpointError where they ask for what is not computed."""
    for key, needed in _FIXED.items():
        if settings.get(key) not in (None, needed):
            raise CheckpointError(
                f"{PREPROCESSOR} has {key}: {settings[key]!r}, but features are computed with "
                f"{needed!r} only",
                where=WHERE,
            )
    given = {name: settings[name] for name in SETTINGS if settings.get(name) is not None}
    chosen = {**SETTINGS, **given}
    for name, value in chosen.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise _unusable(f"{name} must be a positive integer, not {value!r}")
    if not 2 <= chosen["n_fft"] <= _LONGEST_ANALYSIS:
        raise _unusable(f"n_fft must be from 2 to {_LONGEST_ANALYSIS}, not {chosen['n_fft']}")
    return chosen


def require_frames(
    settings: Mapping[str, Any], wanted: FrameShape, *, source: str, model: str
) -> None:
    """CheckpointError where the preprocessing that `source` describes does not fit the model.

    `model` names the file that says what is wanted.
    """
    chosen = chosen_settings(settings)
    rate = chosen["sampling_rate"]
    frames = chosen["chunk_length"] * rate // chosen["hop_length"]
    made = FrameShape(chosen["feature_size"], frames, rate)
    if made != wanted:
        raise CheckpointError(
            f"{source} makes {made.mel_bins} mel bins x {made.frames} frames at {made.rate_hz} Hz, "
            f"but the model in {model} takes {wanted.mel_bins} x {wanted.frames} at "
            f"{wanted.rate_hz} Hz",
            where=WHERE,
            hint=f"Use the {PREPROCESSOR} that the model was trained with.",
        )


def _unusable(reason: str) -> CheckpointError:
    return CheckpointError(
        f"{PREPROCESSOR} does not describe Whisper's preprocessing: {reason}", where=WHERE
    )
