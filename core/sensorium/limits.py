"""What is taken in from outside, the same wherever a person or a program asks.

The command line and the page read these limits, as any other door has to. A Python program that
holds its media already is not limited: `engine.ask` takes what it is given.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .errors import MediaError, UnsupportedInputError
from .media.audio import AudioLimits
from .media.images import ImageLimits


@dataclass(frozen=True, slots=True)
class Limits:
    """Counts and sizes; whoever exceeds one is told which, before anything is read."""

    image: ImageLimits = field(default_factory=ImageLimits)
    audio: AudioLimits = field(default_factory=AudioLimits)
    files: int = 8
    """Pictures and recordings in one conversation: every answer reads all of them."""
    characters: int = 500_000
    """In one message; more than the longest context windows in use hold (128,000 tokens)."""

    @property
    def file_bytes(self) -> int:
        """The largest file of any kind."""
        return max(self.image.max_bytes, self.audio.max_bytes)

    def check_files(self, count: int) -> None:
        """Raise MediaError where a conversation has more than `files` pictures and recordings."""
        if count > self.files:
            raise MediaError(
                f"There are {count} files in this conversation; at most {self.files} are read.",
                hint="Leave some out, or start a new one.",
            )

    @property
    def too_long(self) -> str:
        """What is said of a text with more than `characters`."""
        return f"This text is too long: at most {self.characters:,} characters are read."

    def check_text(self, text: str) -> None:
        """Raise UnsupportedInputError where a message is longer than `characters`."""
        if len(text) > self.characters:
            raise UnsupportedInputError(self.too_long, hint="Shorten it.")


DEFAULT_LIMITS = Limits()
