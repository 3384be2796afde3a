"""A conversation: messages made of parts, in the order the person gave them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .errors import InputTypeError
from .media.given import as_media, is_media
from .media.item import Media as Media

if TYPE_CHECKING:
    from .contracts import Transcript
    from .media.given import MediaSource

    Content = str | MediaSource
    """What a message is made of: text, which no path is but as a `Path`, pictures, recordings."""

Role = Literal["system", "user", "assistant"]

WORDLESS_QUESTION = "What do you see?"
"""What a message that is only a picture asks: whoever just shows something wants to hear that."""

_UNSEEN = frozenset({"Cc", "Cf"})  # control and format characters: what has no width, say

_SHAPELESS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U000e0000-\U000e0fff]"
)
"""Of other categories: Unicode's Default_Ignorable_Code_Point, and braille without a dot."""


def has_words(text: str) -> bool:
    """Whether anything in it can be read: blanks and characters without a shape cannot."""
    return any(
        not c.isspace() and unicodedata.category(c) not in _UNSEEN and not _SHAPELESS.match(c)
        for c in text
    )


@dataclass(frozen=True, slots=True)
class TextPart:
    """Literal text: it can never become a media slot or a control token."""

    text: str


@dataclass(frozen=True, slots=True)
class MediaPart:
    """A place in the message where media stand.

    `transcript` is what a transcriber heard in it; with one, it need not be heard again.
    """

    media: Media
    transcript: Transcript | None = None


Part = TextPart | MediaPart


@dataclass(frozen=True, slots=True)
class Message:
    """What one side said in one turn."""

    role: Role
    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        if not isinstance(self.parts, tuple | list) or not all(
            isinstance(part, TextPart | MediaPart) for part in self.parts
        ):
            raise InputTypeError(
                "A message is made of TextPart and MediaPart",
                hint=f"Message.{self.role}(…) makes them of what you have.",
            )

    @classmethod
    def user(cls, *content: Content) -> Message:
        """`Message.user(picture, "What is this?")`: texts, pictures and recordings in their order.

        A picture or a recording is what `read_image` or `read_audio` gave, a `Path`, the bytes of
        a file, a PIL image or a numpy array (`read_image` says of which shape). A `str` is text,
        even where it names a file. InputTypeError for anything else, MediaError where a picture or
        a recording cannot be read.
        """
        return cls("user", tuple(map(_part, content)))

    @classmethod
    def assistant(cls, text: str) -> Message:
        """An answer given earlier."""
        return cls("assistant", (_text(text),))

    @classmethod
    def system(cls, text: str) -> Message:
        """Replaces the template's own system text."""
        return cls("system", (_text(text),))

    @property
    def text(self) -> str:
        """All text of the message, media left out."""
        return "".join(part.text for part in self.parts if isinstance(part, TextPart))

    @property
    def is_answer(self) -> bool:
        """Whether the assistant says something in it; if not, there is nothing to learn."""
        return self.role == "assistant" and has_words(self.text)

    @property
    def transcripts(self) -> tuple[Transcript, ...]:
        """What was heard in the message's recordings, in order."""
        media = (part for part in self.parts if isinstance(part, MediaPart))
        return tuple(part.transcript for part in media if part.transcript is not None)

    @property
    def media(self) -> tuple[Media, ...]:
        """All media of the message, in order."""
        return tuple(part.media for part in self.parts if isinstance(part, MediaPart))


def question_of(*content: Content) -> Message:
    """A person's message; where it is only pictures, they ask what is to be seen."""
    asked = Message.user(*content)
    heard = any(media.modality == "audio" for media in asked.media)
    if asked.media and not heard and not has_words(asked.text):
        return Message("user", (*asked.parts, TextPart(WORDLESS_QUESTION)))
    return asked


def _part(content: Content) -> Part:
    if isinstance(content, str):
        return TextPart(content)
    if is_media(content):
        return MediaPart(as_media(content))
    several = "Give them one after another: Message.user(picture, 'What is this?')"
    raise InputTypeError(
        f"A message is made of text, pictures and recordings, not {type(content).__name__}",
        hint=several
        if isinstance(content, list | tuple)
        else "Give str, a Path, bytes, a PIL image, a numpy array, or what read_image gives.",
    )


def _text(text: str) -> TextPart:
    if not isinstance(text, str):
        raise InputTypeError(f"This message is text alone, not {type(text).__name__}")
    return TextPart(text)
