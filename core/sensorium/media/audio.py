"""Reads recordings from anywhere into one waveform: mono, 16 kHz, float32, within limits.

Legend: S samples at 16 kHz.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from sensorium.errors import MediaError, MissingPackageError
from sensorium.media.arrays import is_array, wav_of
from sensorium.media.decoding import SAMPLE_RATE_HZ as SAMPLE_RATE_HZ
from sensorium.media.decoding import TooLongError, decode
from sensorium.media.decoding import Waveform as Waveform
from sensorium.media.item import Media
from sensorium.media.reading import read_bytes
from sensorium.media.sniffing import Found, find_recording

FORMATS = ("WAV", "MP3", "OGG", "M4A", "WEBM", "FLAC")
"""What is decoded, whatever the file's name says; FFmpeg's other readers are never reached."""


@dataclass(frozen=True, slots=True)
class AudioLimits:
    """What is refused: by its size and its header before, by what comes out while decoding."""

    max_bytes: int = 25 * 2**20
    max_seconds: float = 600.0
    min_seconds: float = 0.1
    max_samples: int = 120_000_000
    """Decoded samples of all channels together: ten minutes of stereo at 96 kHz."""

    @classmethod
    def up_to(cls, seconds: float) -> AudioLimits:
        """Limits for recordings of so many seconds, the others in proportion where it is more."""
        base = cls()
        more = max(1.0, seconds / base.max_seconds)
        return cls(
            max_bytes=round(base.max_bytes * more),
            max_seconds=seconds,
            max_samples=round(base.max_samples * more),
        )


DEFAULT_LIMITS = AudioLimits()


def read_audio(
    source: str | Path | bytes | BinaryIO | NDArray[Any],
    limits: AudioLimits = DEFAULT_LIMITS,
    *,
    sample_rate_hz: int | None = None,
) -> Media:
    """A recording as audio media: float32 [S] within -1 … 1, read-only, channels averaged.

    `source` is a file's path, its bytes, an open file, or a numpy array [S] or [S, channels],
    int16 or floating point from -1 to 1, with its `sample_rate_hz`.

    Raises MediaError where the source is no recording of an allowed format, is damaged, or is
    shorter or longer than `limits`, whatever its header says: decoding stops at the limit.
    InputTypeError where `source` is something else.
    """
    if is_array(source):
        source = wav_of(source, sample_rate_hz)
    data = read_bytes(source, most=limits.max_bytes, kind="recording")
    if not data:
        raise MediaError("The recording is empty")
    found = _found(data)
    av = _import_av()
    sound = io.BytesIO(data[found.start :])
    with _errors_named(), av.open(sound, format=found.kind) as container:
        if not container.streams.audio:
            raise MediaError("The file has no sound")
        declared = _declared_seconds(container, found.kind)
        if declared > limits.max_seconds:
            raise MediaError(_too_long(limits))
        waveform = _decode(container, found.kind, limits)
    if found.kind in _EXACT and len(waveform) < 0.95 * declared * SAMPLE_RATE_HZ:
        raise MediaError(_DAMAGED)
    if len(waveform) < limits.min_seconds * SAMPLE_RATE_HZ:
        raise MediaError(f"The recording is shorter than {limits.min_seconds:g} s")
    if not np.isfinite(waveform).all():
        raise MediaError(_DAMAGED)
    np.clip(waveform, -1, 1, out=waveform)
    waveform.flags.writeable = False
    return Media("audio", hashlib.sha256(waveform.data).hexdigest(), waveform, data)


_DAMAGED = "The recording is damaged or incomplete"
_EXACT = ("flac", "mov", "wav")
"""Formats whose header says how long the sound is; decoders skip damaged parts in silence."""


def is_recording(beginning: bytes) -> bool:
    """Whether a file that begins like this is in one of FORMATS; give it BEGINNING_BYTES of it."""
    return find_recording(beginning) is not None


def recording_suffix(data: bytes) -> str:
    """What a file with these bytes is named: `wav`, `mp3`, `m4a` …; MediaError for another."""
    kind = _found(data).kind
    return {"matroska": "webm", "mov": "m4a"}.get(kind, kind)


def _found(data: bytes) -> Found:
    found = find_recording(data)
    if found is None:
        raise MediaError(f"This is not a recording in a known format ({', '.join(FORMATS)})")
    return found


def _import_av() -> Any:
    try:
        import av
    except ImportError as error:
        raise MissingPackageError("av", "Reading recordings", extra="audio") from error
    return av


@contextmanager
def _errors_named() -> Iterator[None]:
    """Whatever a decoder raises becomes a MediaError."""
    try:
        yield
    except MediaError:
        raise
    except Exception as error:
        raise MediaError(_DAMAGED) from error


def _declared_seconds(container: Any, kind: str) -> float:
    """By the header, which may be absent (0) or lie: what is decoded is counted besides."""
    stream = container.streams.audio[0]
    if stream.duration is not None and stream.time_base is not None:
        end = float(stream.duration * stream.time_base)
    else:
        end = (container.duration or 0) / 1e6
    # Ogg that was cut from a stream says when it ends on the stream's clock.
    start = (container.start_time or 0) / 1e6 if kind == "ogg" else 0.0
    return max(0.0, end - start)


def _decode(container: Any, kind: str, limits: AudioLimits) -> Waveform:
    try:
        return decode(
            container, kind, max_seconds=limits.max_seconds, max_samples=limits.max_samples
        )
    except TooLongError as error:
        raise MediaError(_too_long(limits)) from error


def _too_long(limits: AudioLimits) -> str:
    return f"The recording is longer than {limits.max_seconds:g} s"
