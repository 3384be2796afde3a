"""Media that are decoded when somebody looks at them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sensorium.media.item import Media


class LateMedia(Media):
    """A file whose `value` and `digest` are there when first asked for; its `key` is at once.

    `decode` makes the media it stands for; whatever that raises is raised where one is asked for.
    """

    __slots__ = ("_decode", "_decoded", "_key")

    _decode: Callable[[], Media]
    _decoded: Media | None
    _key: str

    def __init__(self, modality: str, key: str, decode: Callable[[], Media]) -> None:
        held = {"modality": modality, "_key": key, "_decode": decode, "_decoded": None}
        for name, value in held.items():
            object.__setattr__(self, name, value)  # media are frozen

    @property
    def key(self) -> str:
        """A hash of the file's bytes."""
        return self._key

    @property
    def digest(self) -> str:
        """As that of the same file decoded at once."""
        return self._media.digest

    @property
    def value(self) -> Any:
        """What the modality's encoders take."""
        return self._media.value

    @property
    def file(self) -> bytes | None:
        """The bytes it was decoded from."""
        return self._media.file

    @property
    def _media(self) -> Media:
        if self._decoded is None:
            object.__setattr__(self, "_decoded", self._decode())
        decoded: Media = self._decoded  # type: ignore[assignment]  # set in the line above
        return decoded
