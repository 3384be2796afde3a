"""Where in a recording somebody speaks: stretches that fit a model's window, cut at pauses.

Legend: S samples at 16 kHz; a stretch is (first sample, last sample + 1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from sensorium.media.audio import SAMPLE_RATE_HZ, Waveform

from .loudness import HOP, for_detector, loudness

Stretch = tuple[int, int]

SILENCE_DECIBELS = -60.0
"""Below full scale: nothing so quiet is speech in a recording that anyone could understand."""

PAUSE_HOPS = 15
"""A pause between two sentences, 0.3 s."""

SYLLABLE_HOPS = 5
"""0.1 s: what sounds no longer, such as the end of a beep, is a click."""

MARGIN = SAMPLE_RATE_HZ // 5
"""Kept on both sides of a stretch: words begin and end softly."""


def speech(
    waveform: Waveform,
    *,
    window: int,
    pause_seconds: float,
    steady_decibels: float,
    voice_threshold: float,
) -> list[Stretch]:
    """Stretches of at most `window` samples in which somebody may be speaking.

    Loudness says where they begin and end, a detector of voices which of them count: it knows a
    voice when it hears one, but not to the syllable. A `voice_threshold` of 0 does without it.
    """
    found = _louder(waveform)
    voices = _voices(waveform, voice_threshold) if voice_threshold else found
    pause = round(pause_seconds * SAMPLE_RATE_HZ)
    joined = _join(sorted([*found, *voices]), pause=pause, end=len(waveform))
    return [
        (start, end)
        for stretch in joined
        for start, end in _cut(waveform, stretch, window)
        if any(first < end and last > start for first, last in voices)
        and not _is_steady(waveform[start:end], steady_decibels)
    ]


def _voices(waveform: Waveform, threshold: float) -> list[Stretch]:
    """What Silero, the detector that comes with faster-whisper, takes for a voice."""
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(threshold=threshold, min_silence_duration_ms=100, speech_pad_ms=0)
    found = get_speech_timestamps(for_detector(waveform), options)
    return [(one["start"], one["end"]) for one in found]


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
        last = stop if first is None else max(last, stop)
        first = start if first is None else first
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
    """Silence, clicks, or sound that is as loud in its middle as at its ends: hiss, a beep."""
    level = loudness(waveform)
    if level.max() < SILENCE_DECIBELS:
        return True
    sounding = level[level > level.max() - 25]
    low, high = np.percentile(sounding, (10, 90))
    return decibels > 0 and bool(high - low < decibels or len(sounding) < SYLLABLE_HOPS)
