"""The state of a chat in the terminal: what was said, and what is attached."""

from __future__ import annotations

import contextlib
import shlex
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from sensorium.errors import MediaError
from sensorium.messages import Media, MediaPart, Message

from .common import check_senses, read_picture

if TYPE_CHECKING:
    from sensorium.engine import AnswerStream, ChatEngine
    from sensorium.generation import GenerationOptions


class Conversation:
    """Messages of both sides; every answer is given the whole of them."""

    def __init__(
        self, engine: ChatEngine, options: GenerationOptions, system: str | None = None
    ) -> None:
        self._engine = engine
        self._options = options
        self._system = (Message.system(system),) if system is not None else ()
        self._said: list[Message] = []
        self._attached: list[Media] = []

    def attach(self, rest: str) -> Iterator[str]:
        """Read the pictures named in `rest`; yields what was attached."""
        for path in _paths(rest):
            media = read_picture(path)
            check_senses(self._engine.pipeline.plan, [media])
            self._attached.append(media)
            yield f"{path} ({media.value.width} x {media.value.height})"

    def reset(self) -> None:
        """Forget everything but the system text."""
        self._said, self._attached = [], []

    def history(self) -> list[str]:
        """One line per message."""
        return [f"{message.role}: {_line(message)}" for message in self._said]

    def say(self, text: str) -> None:
        """Send a message and write the answer to stdout as it comes.

        A turn that fails is not kept. Of one that Ctrl-C stops, what was answered is kept; where
        nothing was, the turn is not kept and its pictures stay attached.
        """
        message = Message.user(*self._attached, text)
        attached, self._attached = self._attached, []
        stream = self._engine.stream([*self._system, *self._said, message], self._options)
        answer, finished = write(stream)
        if not finished:
            click.echo("(stopped)", err=True)
        if finished or answer:
            self._said += [message, Message.assistant(answer)]
        else:
            self._attached = attached


def write(stream: AnswerStream) -> tuple[str, bool]:
    """Write an answer as it comes; → its text, and False where Ctrl-C stopped it.

    Ctrl-C ends it at the next token, so that its KV is kept; before any text, or when pressed
    again, at once.
    """
    written: list[str] = []

    def on_interrupt(number: int, frame: FrameType | None) -> None:
        if not written or interrupted.is_set():
            raise KeyboardInterrupt
        interrupted.set()
        stream.cancel()

    interrupted = threading.Event()
    try:
        with _handling(on_interrupt):
            for text in stream:
                written.append(text)
                click.echo(text, nl=False)
    except KeyboardInterrupt:
        interrupted.set()
        stream.cancel()
        for _ in stream:  # whatever it holds is released
            pass
    finally:
        if written:
            click.echo()
    return "".join(written).rstrip(), not interrupted.is_set()


@contextlib.contextmanager
def _handling(handler: signal._HANDLER) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # signals arrive in the main thread only
        return
    before = signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _paths(rest: str) -> list[str]:
    """One path, blanks and all, where there is such a file; else words as a shell reads them."""
    whole = Path(rest).expanduser()
    try:
        words = [rest] if whole.is_file() else shlex.split(rest)
    except ValueError:
        words = [rest]
    if not words:
        raise MediaError("Which picture?", hint="Write: /image FILE")
    return [str(Path(word).expanduser()) for word in words]


def _line(message: Message) -> str:
    parts = [
        f"[{part.media.modality}]" if isinstance(part, MediaPart) else part.text
        for part in message.parts
    ]
    return " ".join(parts)
