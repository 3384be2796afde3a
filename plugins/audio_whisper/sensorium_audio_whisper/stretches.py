"""Where in a recording somebody speaks: stretches that fit a model's window, cut at pauses.

Legend: S samples at 16 kHz; a stretch is (first sample, last sample + 1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray
from sensorium.media.audio import SAMPLE_RATE_HZ, Waveform

Stretch = tuple[int, int]

HOP = SAMPLE_RATE_HZ // 50
"""Loudness is measured every 20 ms, over 40 ms."""

SILENCE_DECIBELS = -60.0
"""Below full scale: nothing so quiet is speech in a recording that anyone could understand."""

PAUSE_HOPS = 15
"""A pause between two sentences, 0.3 s."""

MARGIN = SAMPLE_RATE_HZ // 5
"""Kept on both sides of a stretch: words begin and end softly."""


def speech(
    waveform: Waveform,
    *,
    window: int,
    pause_seconds: float,
    steady_decibels: float,
    vad_filter: bool,
) -> list[Stretch]:
    """Stretches of at most `window` samples in which somebody may be speaking."""
    found = _voices(waveform) if vad_filter else _louder(waveform)
    joined = _join(found, pause=round(pause_seconds * SAMPLE_RATE_HZ), end=len(waveform))
    cut = [piece for stretch in joined for piece in _cut(waveform, stretch, window)]
    return [(a, b) for a, b in cut if not _is_steady(waveform[a:b], steady_decibels)]


def loudness(waveform: Waveform) -> NDArray[np.float32]:
    """Decibels below full scale, one value per HOP."""
    blocks = waveform[: len(waveform) // HOP * HOP].reshape(-1, HOP)
    power = np.square(blocks if len(blocks) else waveform[None]).mean(axis=1)
    power = (power + np.append(power[1:], power[-1:])) / 2
    return np.asarray(10 * np.log10(power + 1e-12), np.float32)


def _voices(waveform: Waveform) -> list[Stretch]:
    """What Silero, the detector that comes with faster-whisper, takes for a voice."""
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(min_silence_duration_ms=100, speech_pad_ms=0)
    return [(one["start"], one["end"]) for one in get_speech_timestamps(waveform, options)]


def _louder(waveform: Waveform) -> list[Stretch]:
    """What is louder than the recording's quiet parts."""
    level = loudness(waveform)
    quiet, loud = np.percentile(level, (10, 95))
    # In a recording without pauses there are no quiet parts: everything counts.
    bar = max(SILENCE_DECIBELS, min(quiet + 0.3 * (loud - quiet), loud - 6))
    edges = np.flatnonzero(np.diff(np.concatenate([[False], level > bar, [False]]).astype(int)))
    return [(int(a) * HOP, int(b) * HOP) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _join(stretches: Iterable[Stretch], *, pause: int, end: int) -> Iterator[Stretch]:
    """Stretches that a shorter pause separates become one; margins on both sides."""
    first: int | None = None
    last = 0
    for start, stop in stretches:
        if first is not None and start - last >= pause:
            yield max(0, first - MARGIN), min(end, last + MARGIN)
            first = None
        first = start if first is None else first
        last = stop
    if first is not None:
        yield max(0, first - MARGIN), min(end, last + MARGIN)


def _cut(waveform: Waveform, stretch: Stretch, window: int) -> Iterator[Stretch]:
    """A stretch in pieces of at most `window`, cut at the quietest, of equally quiet at the last
    place behind a third of the window.
    """
    start, end = stretch
    while end - start > window:
        third = start + window // 3
        level = np.maximum(loudness(waveform[third : start + window]), SILENCE_DECIBELS)
        # Over a pause's length: within a word, before a "t", it is quiet for a moment only.
        length = min(PAUSE_HOPS, len(level))
        smooth = np.convolve(level, np.full(length, 1 / length), mode="valid")
        early = np.linspace(3, 0, len(smooth))  # decibels
        cut = third + int(((smooth + early).argmin() + length / 2) * HOP)
        yield start, cut
        start = cut
    yield start, end


def _is_steady(waveform: Waveform, decibels: float) -> bool:
    """Silence, or a sound that stays as loud as it is: hum, hiss, a tone."""
    level = loudness(waveform)
    if level.max() < SILENCE_DECIBELS:
        return True
    sounding = level[level > level.max() - 25]
    low, high = np.percentile(sounding, (10, 90))
    return bool(high - low < decibels)
