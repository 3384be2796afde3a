"""Sound as it is decoded, on the clock of its container.

Legend: S samples at 16 kHz.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE_HZ = 16_000

Waveform = NDArray[np.float32]

_JOINED_SAMPLES = 2**16
"""Small frames, a millisecond each, would cost more than what is in them."""

_CLOCKED = ("matroska", "mov", "ogg")
"""Formats whose packets say when they sound; the others are one stretch of sound from 0."""

_WOBBLE_SECONDS = 0.1
"""Clocks of recorders are as wrong as this; silence within speech would harm it."""

_LOST_SECONDS, _LOST_SHARE = 0.2, 0.05


class TooLongError(Exception):
    """More sound, or silence between, than is allowed."""


class LostError(Exception):
    """More of the sound than its first and last moments cannot be decoded."""


def decode(container: Any, kind: str, *, max_seconds: float, max_samples: int) -> Waveform:
    """[S] of the first sound in FFmpeg's open container, channels averaged.

    Where a container's sound begins later than its clock, or has holes, there is silence, so that
    a sample's place is its time. All of it counts: TooLongError at the limit, before more is
    decoded. `max_samples` is of all channels together, at the recording's own rate.
    """
    import av

    # Channels are averaged here: FFmpeg's own mixing of floats makes equal channels louder.
    resampler = av.AudioResampler(format="fltp", rate=SAMPLE_RATE_HZ)
    frames = _decoded(container, lenient=kind == "mp3")
    if kind in _CLOCKED:
        # Ogg that was cut from a stream goes on with the stream's clock: there is no silence.
        origin = (container.start_time or 0) / av.time_base if kind == "ogg" else 0.0
        frames = on_clock(frames, origin, max_seconds)
    pieces: list[Waveform] = []
    decoded = kept = 0
    for frame in _joined(frames):
        if frame is not None:
            decoded += frame.samples * frame.layout.nb_channels
        for resampled in resampler.resample(frame):
            channels = resampled.to_ndarray()
            pieces.append(channels[0] if len(channels) == 1 else channels.mean(axis=0))
            kept += len(pieces[-1])
        if kept > max_seconds * SAMPLE_RATE_HZ or decoded > max_samples:
            raise TooLongError
    return np.concatenate(pieces) if pieces else np.zeros(0, np.float32)


def _decoded(container: Any, *, lenient: bool) -> Iterator[Any]:
    """The frames. MP3 that was cut from a stream begins and ends with parts of some: left out."""
    from av.error import InvalidDataError

    lost = heard = 0.0
    for packet in container.demux(container.streams.audio[0]):
        seconds = float((packet.duration or 0) * (packet.time_base or 0))
        heard += seconds
        try:
            frames = packet.decode()
        except InvalidDataError:
            if not lenient:
                raise
            lost += seconds
            continue
        yield from frames
    if lost > max(_LOST_SECONDS, _LOST_SHARE * heard):
        raise LostError


def on_clock(frames: Iterator[Any], origin: float, max_seconds: float) -> Iterator[Any]:
    """The frames, with frames of silence wherever the clock is ahead of the sound."""
    seconds = 0.0
    for frame in frames:
        if frame.time is not None:
            ahead = frame.time - origin - seconds
            if seconds + ahead > max_seconds:
                raise TooLongError
            if ahead > _WOBBLE_SECONDS:
                yield from _silence(frame, round(ahead * frame.sample_rate))
                seconds += ahead
            elif ahead < -_WOBBLE_SECONDS:
                origin += ahead  # the clock was set back: it goes on from here
        yield frame
        seconds += frame.samples / frame.sample_rate


def _silence(like: Any, samples: int) -> Iterator[Any]:
    """Frames of so many samples in the format of another frame."""
    import av

    zero = b"\x80" if like.format.name in {"u8", "u8p"} else b"\0"
    while samples > 0:
        frame = av.AudioFrame(like.format.name, like.layout, min(samples, _JOINED_SAMPLES))
        frame.sample_rate = like.sample_rate
        for plane in frame.planes:
            plane.update(zero * plane.buffer_size)
        yield frame
        samples -= frame.samples


def _joined(frames: Iterator[Any]) -> Iterator[Any]:
    """Many frames joined to one; then None, which empties the resampler."""
    import av

    fifo = av.AudioFifo()
    for frame in frames:
        frame.pts = None
        fifo.write(frame)
        if fifo.samples >= _JOINED_SAMPLES:
            yield fifo.read()
    if fifo.samples:
        yield fifo.read()
    yield None
