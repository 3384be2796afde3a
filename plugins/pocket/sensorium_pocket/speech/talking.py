"""A process that speaks, so that the same words in the same manner are always the same samples.

espeak-ng carries the state of its voice from one sentence into the next and cannot be set back.
So a small process of its own starts it once, and forks of that process say what is to be said.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import struct
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import astuple
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

import numpy as np

from .espeak import Speaker, Speech, VoiceError
from .invented import write_voices
from .voices import ACCENTS, Manner

_HEAD = struct.Struct("<II")  # bytes of the JSON, bytes of the samples


class Voices:
    """Says sentences; one speaking process behind it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # an interrupt is for its parent; it ends with the pipe
        )
        atexit.register(self.close)

    def say(self, asked: Sequence[tuple[str, Manner]]) -> list[Speech]:
        """Texts and manners → for each what was said.

        What is said together is said one after another by one fork, so equal lists sound equal.
        VoiceError where something cannot be said.
        """
        if self._process.stdin is None or self._process.stdout is None:
            raise VoiceError("The speaking process has no pipes")
        line = json.dumps([[text, *astuple(manner)] for text, manner in asked])
        said: list[Speech] = []
        try:
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()
            for _ in asked:
                about, samples = _read(self._process.stdout)
                if "error" in about:
                    raise VoiceError(about["error"], hint=about["hint"])
                waveform = np.frombuffer(samples, np.float32).copy()
                said.append(Speech(waveform, about["phonemes"], tuple(about["starts"])))
        except (OSError, struct.error, ValueError) as error:
            raise VoiceError("The speaking process has ended", hint="Try again.") from error
        return said

    def close(self) -> None:
        """End the process."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait()
        atexit.unregister(self.close)


def voices() -> Voices:
    """The voices of this process; a forked worker gets its own."""
    return _voices_of(os.getpid())


@cache
def _voices_of(process: int) -> Voices:
    return Voices()


def _read(stream: IO[bytes]) -> tuple[dict[str, Any], bytes]:
    head, body = _HEAD.unpack(stream.read(_HEAD.size))
    return json.loads(stream.read(head)), stream.read(body)


def _write(said: dict[str, Any], samples: bytes = b"") -> None:
    head = json.dumps(said).encode()
    sys.stdout.buffer.write(_HEAD.pack(len(head), len(samples)) + head + samples)
    sys.stdout.buffer.flush()


def _say(speaker: Speaker, line: str) -> None:
    """Everything in the line; nothing more after the first error."""
    for text, voice, speed, pitch, lilt in json.loads(line):
        try:
            said = speaker.say(text, voice, words_per_minute=speed, pitch=pitch, lilt=lilt)
        except VoiceError as error:
            _write({"error": error.message, "hint": error.hint})
            return
        _write({"phonemes": said.phonemes, "starts": said.starts}, said.waveform.tobytes())


def _serve() -> None:
    """Until the pipe is closed: one line in, one answer out."""
    problem, speaker = None, None
    # Not a `with`: a fork that ends must not delete it.
    data = TemporaryDirectory(prefix="sensorium-voices-")
    try:
        write_voices(Speaker().data, Path(data.name), ACCENTS)
        speaker = Speaker(Path(data.name))
    except VoiceError as error:
        problem = {"error": error.message, "hint": error.hint}
    gc.disable()  # a collection would touch, and so copy, every page of a fork
    gc.freeze()
    for line in sys.stdin:
        if speaker is None:
            _write(problem or {})
        elif child := os.fork():
            os.waitpid(child, 0)
        else:
            try:
                _say(speaker, line)
            finally:
                os._exit(0)
    data.cleanup()


if __name__ == "__main__":
    _serve()
