"""Shared by all tests: a recording in which nothing is said, disks that refuse, working Ctrl-C."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import wave
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
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


@pytest.fixture
def full_after() -> Callable[[int], AbstractContextManager[None]]:
    """`with full_after(bytes)`: no file becomes larger, by the limit that every writer meets."""

    @contextmanager
    def full(size: int) -> Iterator[None]:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    return full


@pytest.fixture
def read_only() -> Callable[[Path], AbstractContextManager[None]]:
    """`with read_only(folder)`: mounted so that nothing in it can be written, by root neither."""

    @contextmanager
    def refusing(folder: Path) -> Iterator[None]:
        bind = ["mount", "--bind", str(folder), str(folder)]
        if os.getuid() or subprocess.run(bind, capture_output=True).returncode:
            pytest.skip("nothing can be mounted here")
        try:
            subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)
            yield
        finally:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)

    return refusing
