"""How loud a recording is above whatever sounds in it all the time: offset, hum, hiss, tones.

Legend: S samples at 16 kHz, T moments of 20 ms, B frequencies, 20 Hz apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from sensorium.media.audio import SAMPLE_RATE_HZ, Waveform

Numbers = NDArray[np.float32]

HOP = SAMPLE_RATE_HZ // 50
"""Loudness is measured every 20 ms, over 50 ms."""

_WINDOW = np.hanning(SAMPLE_RATE_HZ // 20 + 1)[:-1].astype(np.float32)
_VOICE_FROM = 8
"""The first frequency that counts, 160 Hz: offset and the mains' 50 or 60 Hz, blurred by the
window, end below it, and no voice is without anything above it."""

_FLOOR_HOPS = 30 * 50
"""Floors are found anew for every 30 s, since a hum may begin or end."""

_FEWEST_HOPS = 25
"""In less than 0.5 s a syllable cannot be told from a floor: none is taken off."""

_FLOOR_PERCENTILE = 20.0
_FLOOR_FACTOR = 3.0
"""Between a steady tone, all of whose moments are equal, and noise, whose mean is 4.5 times this
percentile: of noise enough is left to see that it is steady."""

_RUMBLE_HZ, _VOICE_HZ = 60, 110
"""Below the one nothing is left for the detector, above the other everything."""

_BLOCK, _MARGIN = 2**20, 2**13
_USUAL_PEAK, _MOST_GAIN = 0.5, 10.0


def loudness(waveform: Waveform) -> Numbers:
    """[S] → [T] decibels below full scale of what rises above the steady sounds.

    Each frequency has its own floor, the power it has nearly always. A voice moves: even in talk
    without a pause no frequency sounds all the time, while an offset, a hum or a tone does.
    """
    hops = max(1, len(waveform) // HOP)
    edges = np.linspace(0, hops, max(1, round(hops / _FLOOR_HOPS)) + 1).astype(int)
    parts = [
        _above_floor(_spectrum(waveform[first * HOP : last * HOP + len(_WINDOW)], last - first))
        for first, last in pairwise(edges)
    ]
    return np.asarray(10 * np.log10(np.concatenate(parts) + 1e-12), np.float32)


def for_detector(waveform: Waveform) -> Waveform:
    """[S] → [S] without what lies below a voice, and louder where all of it is faint.

    Detectors of voices are trained on clean and loud recordings; an offset or a rumble, or a low
    level alone, hides a voice from them.
    """
    heard = np.concatenate([*_without_rumble(waveform)])
    peak = max(float(np.abs(heard).max()), 1e-9)
    return heard * np.float32(np.clip(_USUAL_PEAK / peak, 1.0, _MOST_GAIN))


def _spectrum(waveform: Waveform, hops: int) -> Numbers:
    """[S] → [hops, B] power, which adds up to the mean square of the samples."""
    filled = np.pad(waveform, (0, max(0, len(_WINDOW) - len(waveform))))
    frames = np.lib.stride_tricks.sliding_window_view(filled, len(_WINDOW))[::HOP][:hops]
    spectrum = np.fft.rfft(frames * _WINDOW, axis=1)[:, _VOICE_FROM:]
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    power = np.asarray(2 * power / np.square(_WINDOW).sum() / len(_WINDOW), np.float32)
    # The last moments have no whole window of their own: they are as loud as the one before.
    return np.concatenate([power, np.repeat(power[-1:], hops - len(power), axis=0)])


def _above_floor(power: Numbers) -> Numbers:
    """[T, B] → [T]: the sum over frequencies of what is above each one's floor."""
    if len(power) < _FEWEST_HOPS:
        return np.asarray(power.sum(axis=1), np.float32)
    floor = np.percentile(power, _FLOOR_PERCENTILE, axis=0).astype(np.float32)
    # Between two partials of a hum, power comes and goes; the floors beside it do not.
    floor = np.pad(floor, 1, mode="edge")
    floor = np.maximum.reduce([floor[:-2], floor[1:-1], floor[2:]])
    above: Numbers = np.maximum(power - _FLOOR_FACTOR * floor, 0).sum(axis=1)
    return above


def _without_rumble(waveform: Waveform) -> Iterator[Waveform]:
    """[S] in blocks, each filtered with a margin on both sides that is cut off again."""
    # Turned over at both ends: an offset or a hum that broke off there would be heard as a click.
    padded = np.pad(waveform, _MARGIN, mode="reflect", reflect_type="odd")
    for start in range(0, len(waveform), _BLOCK):
        piece = padded[start : start + _BLOCK + 2 * _MARGIN]
        hertz = np.fft.rfftfreq(len(piece), 1 / SAMPLE_RATE_HZ)
        # A slope, since a sharp edge would ring beyond the margin.
        passed = np.clip((hertz - _RUMBLE_HZ) / (_VOICE_HZ - _RUMBLE_HZ), 0, 1)
        clean = np.fft.irfft(np.fft.rfft(piece) * passed, len(piece))
        yield clean[_MARGIN:-_MARGIN].astype(np.float32)
