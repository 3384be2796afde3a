"""What else is in the air: noise, rooms, and sounds that are no speech at all.

Legend: S samples at 16 kHz, float32.
"""

from __future__ import annotations

from random import Random

import numpy as np
from sensorium.media.audio import SAMPLE_RATE_HZ

from .espeak import Waveform

NOISES = ("white", "pink", "brown", "hum")
QUIET = ("silence", "noise", "tone")
"""Kinds of sounds without words that evaluation tells apart; training has more."""

_FFT_BLOCK = 4096


def noise(kind: str, length: int, rng: Random) -> Waveform:
    """[S] noise of root mean square 1."""
    generator = np.random.default_rng(rng.getrandbits(64))
    if kind == "hum":
        time = np.arange(length) / SAMPLE_RATE_HZ
        base = rng.choice((50, 60, 100, 120)) * rng.uniform(0.98, 1.02)
        tones = [
            np.sin(2 * np.pi * (base * part * time + rng.random())) / part for part in range(1, 6)
        ]
        made = np.sum(tones, axis=0) + 0.05 * generator.standard_normal(length)
    else:
        padded = -(-length // _FFT_BLOCK) * _FFT_BLOCK
        spectrum = np.fft.rfft(generator.standard_normal(padded))
        slope = {"white": 0.0, "pink": 0.5, "brown": 1.0}[kind]
        steps = np.maximum(np.arange(len(spectrum)), 8)
        made = np.fft.irfft(spectrum / steps**slope, padded)[:length]
    return _unit(made)


def with_noise(speech: Waveform, kind: str, decibels: float, rng: Random) -> Waveform:
    """[S] → [S]: noise so many decibels below the speech."""
    sounding = speech[np.abs(speech) > 1e-4]
    loudness = float(np.sqrt(np.square(sounding).sum() / max(1, len(sounding))))
    added = noise(kind, len(speech), rng) * loudness / 10 ** (decibels / 20)
    return _within(speech + added)


def in_room(speech: Waveform, seconds: float, rng: Random) -> Waveform:
    """[S] → [S]: a room whose echo takes so long to fall by 60 dB."""
    length = max(1, int(seconds * SAMPLE_RATE_HZ))
    decay = np.exp(-6.9 * np.arange(length) / length)
    echo = decay * np.random.default_rng(rng.getrandbits(64)).standard_normal(length)
    echo *= rng.uniform(0.2, 0.7) / np.sqrt(np.sum(echo**2))
    echo[0] += 1
    size = -(-(len(speech) + length) // _FFT_BLOCK) * _FFT_BLOCK
    heard = np.fft.irfft(np.fft.rfft(speech, size) * np.fft.rfft(echo, size), size)
    return _within(heard[: len(speech)])


def through_telephone(speech: Waveform, highest_hz: float) -> Waveform:
    """[S] → [S]: nothing above this frequency, as in a recording at a low rate."""
    padded = -(-len(speech) // _FFT_BLOCK) * _FFT_BLOCK
    spectrum = np.fft.rfft(speech, padded)
    spectrum[int(len(spectrum) * highest_hz / (SAMPLE_RATE_HZ / 2)) :] = 0
    return _within(np.fft.irfft(spectrum, padded)[: len(speech)])


def wordless(kind: str, seconds: float, rng: Random) -> Waveform:
    """[S]: silence, noise, a tone, clicks, or a melody of tones."""
    length = int(seconds * SAMPLE_RATE_HZ)
    level = 10 ** rng.uniform(-2.5, -0.3)
    time = np.arange(length) / SAMPLE_RATE_HZ
    if kind == "silence":
        faint = rng.choice((0.0, 1e-4, 5e-4))
        return (noise("white", length, rng) * faint).astype(np.float32)
    if kind == "noise":
        return _within(noise(rng.choice(NOISES), length, rng) * level * 0.3)
    if kind == "tone":
        frequency = 10 ** rng.uniform(2, 3.7)
        return _within(level * np.sin(2 * np.pi * (frequency * time + rng.random())))
    made = 1e-4 * noise("white", length, rng)
    if kind == "clicks":
        for _ in range(rng.randint(1, 12)):
            at, width = rng.randrange(length), rng.randint(1, 200)
            part = made[at : at + width]
            part += level * noise("white", width, rng)[: len(part)]
        return _within(made)
    for _ in range(rng.randint(2, 10)):  # a melody
        at, width = rng.randrange(length), rng.randint(800, 8000)
        frequency = 10 ** rng.uniform(2.2, 3.5)
        part = made[at : at + width]
        fade = np.hanning(len(part)) if len(part) > 2 else 0
        part += level * fade * np.sin(2 * np.pi * frequency * time[: len(part)])
    return _within(made)


def _unit(made: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Waveform:
    return (made / max(float(np.sqrt(np.mean(made**2))), 1e-9)).astype(np.float32)


def _within(made: np.ndarray[tuple[int, ...], np.dtype[np.floating]]) -> Waveform:
    return (made / max(1.0, float(np.abs(made).max(initial=0.0)))).astype(np.float32)
