"""One picture, one recording, …: what the readers of this folder give."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


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
