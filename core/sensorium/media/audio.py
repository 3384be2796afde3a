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
from sensorium.media.item import Media
from sensorium.media.reading import read_bytes

SAMPLE_RATE_HZ = 16_000
FORMATS = ("WAV", "MP3", "OGG", "M4A", "WEBM", "FLAC")
"""What is decoded, whatever the file's name says; FFmpeg's other readers are never reached."""

_PICTURES = (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1")
"""HEIF pictures are in the same container as M4A; these marks tell them."""

_JOINED_SAMPLES = 2**16
"""Small frames, a millisecond each, would cost more than what is in them."""

Waveform = NDArray[np.float32]


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
    kind = _kind(data)
    if kind is None:
        raise MediaError(f"This is not a recording in a known format ({', '.join(FORMATS)})")
    av = _import_av()
    with _errors_named(), av.open(io.BytesIO(data), format=kind) as container:
        if not container.streams.audio:
            raise MediaError("The file has no sound")
        declared = _declared_seconds(container)
        if declared > limits.max_seconds:
            raise MediaError(_too_long(limits))
        waveform = _decode(container, limits)
    if kind in _EXACT and len(waveform) < 0.95 * declared * SAMPLE_RATE_HZ:
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
    """Whether a file that begins like this, 12 bytes are enough, is in one of FORMATS."""
    return _kind(beginning) is not None


def recording_suffix(data: bytes) -> str:
    """What a file with these bytes is named: `wav`, `mp3`, `m4a` …; MediaError for another."""
    kind = _kind(data)
    if kind is None:
        raise MediaError(f"This is not a recording in a known format ({', '.join(FORMATS)})")
    return {"matroska": "webm", "mov": "m4a"}.get(kind, kind)


def _kind(data: bytes) -> str | None:
    """FFmpeg's name of the format, by the first bytes.

    Left to guess, FFmpeg would also take play lists, which open files and addresses they name.
    """
    if data[:4] in (b"RIFF", b"RF64") and data[8:12] == b"WAVE":
        return "wav"
    if data[:4] == b"fLaC":
        return "flac"
    if data[:4] == b"OggS":
        return "ogg"
    if data[:4] == b"\x1aE\xdf\xa3":
        return "matroska"
    if data[4:8] == b"ftyp" and data[8:12] not in _PICTURES:
        return "mov"
    # An MPEG frame begins with 11 bits set; layer bits 00 would be AAC.
    frame = len(data) > 1 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0 and data[1] & 0x06
    return "mp3" if data[:3] == b"ID3" or frame else None


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


def _declared_seconds(container: Any) -> float:
    """By the header, which may be absent (0) or lie: what is decoded is counted besides."""
    stream = container.streams.audio[0]
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / 1e6


def _decode(container: Any, limits: AudioLimits) -> Waveform:
    import av

    # Channels are averaged here: FFmpeg's own mixing of floats makes equal channels louder.
    resampler = av.AudioResampler(format="fltp", rate=SAMPLE_RATE_HZ)
    longest = limits.max_seconds * SAMPLE_RATE_HZ
    pieces: list[Waveform] = []
    decoded = kept = 0
    for frame in _joined(container):
        if frame is not None:
            decoded += frame.samples * frame.layout.nb_channels
        for resampled in resampler.resample(frame):
            channels = resampled.to_ndarray()
            pieces.append(channels[0] if len(channels) == 1 else channels.mean(axis=0))
            kept += len(pieces[-1])
        if kept > longest or decoded > limits.max_samples:
            raise MediaError(_too_long(limits))
    return np.concatenate(pieces) if pieces else np.zeros(0, np.float32)


def _joined(container: Any) -> Iterator[Any]:
    """Decoded frames, many joined to one; then None, which empties the resampler."""
    import av

    fifo = av.AudioFifo()
    for frame in container.decode(audio=0):
        frame.pts = None  # gaps and jumps of the clock are no part of the sound
        fifo.write(frame)
        if fifo.samples >= _JOINED_SAMPLES:
            yield fifo.read()
    if fifo.samples:
        yield fifo.read()
    yield None


def _too_long(limits: AudioLimits) -> str:
    return f"The recording is longer than {limits.max_seconds:g} s"
