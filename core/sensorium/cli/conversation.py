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
from sensorium.media.audio import SAMPLE_RATE_HZ
from sensorium.messages import Media, MediaPart, Message

from .common import check_senses, echo_heard, read_picture, read_recording

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

    def attach(self, rest: str, modality: str = "image") -> Iterator[str]:
        """Read the files named in `rest`; yields what was attached."""
        from sensorium.limits import DEFAULT_LIMITS

        held = sum(len(message.media) for message in self._said) + len(self._attached)
        paths = _paths(rest, modality)
        DEFAULT_LIMITS.check_files(held + len(paths))
        for path in paths:
            media = read_picture(path) if modality == "image" else read_recording(path)
            check_senses(self._engine.pipeline.plan, [media])
            self._attached.append(media)
            yield f"{path} ({_size(media)})"

    @property
    def asks(self) -> bool:
        """Whether what is attached can be sent without a word: a recording asks by itself."""
        return any(media.modality == "audio" for media in self._attached)

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
        from sensorium.limits import DEFAULT_LIMITS

        DEFAULT_LIMITS.check_text(text)
        message = Message.user(*self._attached, *([text] if text else []))
        attached, self._attached = self._attached, []
        stream = self._engine.stream([*self._system, *self._said, message], self._options)
        answer, finished = write(stream)
        if not finished:
            click.echo("(stopped)", err=True)
        if finished or answer:
            # With what was heard in them, so that it is not heard again.
            self._said = [*stream.messages[len(self._system) :], Message.assistant(answer)]
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
            echo_heard(stream.hear())
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


def _paths(rest: str, modality: str) -> list[str]:
    """One path, blanks and all, where there is such a file; else words as a shell reads them."""
    whole = Path(rest).expanduser()
    try:
        words = [rest] if whole.is_file() else shlex.split(rest)
    except ValueError:
        words = [rest]
    if not words:
        kind = "picture" if modality == "image" else "recording"
        raise MediaError(f"Which {kind}?", hint=f"Write: /{modality} FILE")
    return [str(Path(word).expanduser()) for word in words]


def _size(media: Media) -> str:
    if media.modality == "audio":
        return f"{len(media.value) / SAMPLE_RATE_HZ:.1f} s"
    return f"{media.value.width} x {media.value.height}"


def _line(message: Message) -> str:
    return " ".join(
        _media(part) if isinstance(part, MediaPart) else part.text for part in message.parts
    )


def _media(part: MediaPart) -> str:
    heard = f": {part.transcript.text}" if part.transcript else ""
    return f"[{part.media.modality}{heard}]"
