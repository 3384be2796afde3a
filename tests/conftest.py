"""Shared by all tests: a recording in which nothing is said, and Ctrl-C that works."""

from __future__ import annotations

import signal
import wave
from collections.abc import Callable
from pathlib import Path

import pytest

SAMPLE_RATE_HZ = 16_000

# A shell starts jobs in the background with Ctrl-C ignored, and their children inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def recorded(tmp_path: Path) -> Callable[..., Path]:
    """`recorded(seconds, name)`: the WAV file of that much silence."""

    def make(seconds: float, name: str | None = None) -> Path:
        path = tmp_path / (name or f"{seconds} s.wav")
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(SAMPLE_RATE_HZ)
            file.writeframes(bytes(2 * int(seconds * SAMPLE_RATE_HZ)))
        return path

    return make
