"""Recordings → words, for the modalities of a model that a transcriber turns into text.

What was heard is kept in the message itself, and here by content, so that nothing is heard twice.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from .contracts import Progress, Transcriber, Transcript
from .errors import NothingHeardError, PerceptionError, SensoriumError
from .messages import Media, MediaPart, Message, Part, TextPart

REMEMBERED = 64
"""Transcripts kept; they are small, and a conversation has few recordings."""


class Hearing:
    """One transcriber and a memory of what it heard. Thread-safe.

    The transcriber is loaded when it is first needed: a model with ears answers what is typed as
    quickly as one without, and where the ears' packages are not installed.
    """

    def __init__(self, build: Callable[[], Transcriber]) -> None:
        self._build = build
        self._transcriber: Transcriber | None = None
        self._loading = threading.Lock()
        self._heard: OrderedDict[str, Transcript] = OrderedDict()
        self._lock = threading.Lock()

    def load(self) -> Transcriber:
        """The transcriber, loaded now if it was not; SensoriumError where it cannot be."""
        with self._loading:
            if self._transcriber is None:
                self._transcriber = self._build()
            return self._transcriber

    def hear(self, media: Media, *, progress: Progress | None = None) -> Transcript:
        """The transcript of a recording; PerceptionError where the transcriber fails on it."""
        with self._lock:
            if media.digest in self._heard:
                self._heard.move_to_end(media.digest)
                return self._heard[media.digest]
        transcript = self._transcribe(media, progress)
        with self._lock:
            self._heard[media.digest] = transcript
            while len(self._heard) > REMEMBERED:
                self._heard.popitem(last=False)
        return transcript

    def _transcribe(self, media: Media, progress: Progress | None) -> Transcript:
        transcriber = self.load()
        name = f"The {media.modality} transcriber"
        try:
            heard = transcriber.transcribe(media.value, progress=progress)
        except (SensoriumError, Interrupted):
            raise
        except Exception as error:
            # A transcriber is a plugin's code: whatever it raises concerns this request only.
            kind = type(error).__name__
            raise PerceptionError(f"{name} failed on this input ({kind})") from error
        if not isinstance(heard, Transcript):
            raise PerceptionError(f"{name} gave {type(heard).__name__}, not a Transcript")
        return heard


class Interrupted(Exception):  # noqa: N818 - no error: whoever asked is gone
    """Raised by a `progress` to end a transcription."""


def hear(
    messages: Sequence[Message],
    hearings: Mapping[str, Hearing],
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[Message, ...]:
    """The messages with a transcript in every recording; Interrupted once `cancelled` says so."""

    def progress(_: float) -> None:
        if cancelled():
            raise Interrupted

    def heard(part: Part) -> Part:
        if not isinstance(part, MediaPart) or part.transcript is not None:
            return part
        if part.media.modality not in hearings:
            return part
        progress(0)
        hearing = hearings[part.media.modality]
        return replace(part, transcript=hearing.hear(part.media, progress=progress))

    return tuple(
        message
        if not unheard([message], hearings)
        else replace(message, parts=tuple(map(heard, message.parts)))
        for message in messages
    )


def unheard(messages: Sequence[Message], modalities: Collection[str]) -> list[Media]:
    """The recordings that a transcriber has still to turn into text."""
    return [
        part.media
        for message in messages
        for part in message.parts
        if isinstance(part, MediaPart)
        and part.transcript is None
        and part.media.modality in modalities
    ]


def require_words(message: Message, modalities: Collection[str]) -> None:
    """NothingHeardError where a message is sound without words, and nothing is written in it."""
    spoken = [
        part.transcript.text if part.transcript else ""
        for part in message.parts
        if isinstance(part, MediaPart) and part.media.modality in modalities
    ]
    if spoken and not any(text.strip() for text in (*spoken, message.text)):
        raise NothingHeardError(
            "No words were understood in the recording.", hint="Please say it again, or type it."
        )


def as_text(messages: Sequence[Message], modalities: Collection[str]) -> list[Message]:
    """The messages with transcripts as the text they are, a space between them and other text."""
    return [replace(message, parts=_written(message.parts, modalities)) for message in messages]


def _written(parts: Sequence[Part], modalities: Collection[str]) -> tuple[Part, ...]:
    written: list[Part] = []
    joint = False  # whether a transcript stands on either side of the next seam
    for part in parts:
        spoken = isinstance(part, MediaPart) and part.media.modality in modalities
        if isinstance(part, MediaPart) and spoken:
            part = TextPart(part.transcript.text.strip() if part.transcript else "")
            if not part.text:
                continue
        last = written[-1] if written else None
        if isinstance(part, TextPart) and isinstance(last, TextPart) and (joint or spoken):
            written[-1] = TextPart(_joined(last.text, part.text))
        else:
            written.append(part)
        joint = spoken or (joint and isinstance(part, TextPart) and not part.text)
    return tuple(written)


def _joined(before: str, after: str) -> str:
    touching = before and after and not before[-1].isspace() and not after[0].isspace()
    return f"{before} {after}" if touching else before + after
