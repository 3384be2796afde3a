"""A conversation: messages made of parts, in the order the person gave them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from .contracts import Transcript

Role = Literal["system", "user", "assistant"]

_UNSEEN = frozenset({"Cc", "Cf"})  # control and format characters: what has no width, say


def has_words(text: str) -> bool:
    """Whether anything in it can be read: blanks and characters without a shape cannot."""
    return any(not c.isspace() and unicodedata.category(c) not in _UNSEEN for c in text)


@dataclass(frozen=True, slots=True, eq=False)
class Media:
    """One decoded picture, recording, … ready for an encoder.

    `value` is what the modality's encoders take (a PIL image in RGB, a float32 waveform …);
    `digest` is a hash of that content, so equal content is encoded once. `file` holds the bytes
    that it was decoded from, where there were any.
    """

    modality: str
    digest: str
    value: Any
    file: bytes | None = field(default=None, repr=False)

    @property
    def key(self) -> str:
        """Equal for equal content, and known before anything is decoded: features go by it."""
        return self.digest

    def __eq__(self, other: object) -> bool:
        same_kind = isinstance(other, Media) and other.modality == self.modality
        return same_kind and isinstance(other, Media) and other.digest == self.digest

    def __hash__(self) -> int:
        return hash((self.modality, self.digest))


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

    @classmethod
    def user(cls, *content: str | Media) -> Message:
        """`Message.user(picture, "What is this?")`."""
        return cls("user", _parts(content))

    @classmethod
    def assistant(cls, text: str) -> Message:
        """An answer given earlier."""
        return cls("assistant", (TextPart(text),))

    @classmethod
    def system(cls, text: str) -> Message:
        """Replaces the template's own system text."""
        return cls("system", (TextPart(text),))

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


def _parts(content: tuple[str | Media, ...]) -> tuple[Part, ...]:
    return tuple(MediaPart(c) if isinstance(c, Media) else TextPart(c) for c in content)
