"""LLaVA's conversation files: `[{"id", "image", "conversations": [{"from", "value"}]}]`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import Field

from sensorium.errors import ConfigError
from sensorium.media.images import read_image
from sensorium.messages import Media, MediaPart, Message, Part, TextPart
from sensorium.options import Options
from sensorium.specs import Sample

_MARKER = "<image>"
_ROLES = {"human": "user", "gpt": "assistant", "system": "system"}


class LlavaOptions(Options):
    """Where the file and its images are."""

    path: Path = Field(description="The JSON file.")
    images: Path | None = Field(
        default=None, description="Folder that `image` is relative to; the file's own if left out."
    )


class LlavaSource:
    """Samples by index; pictures are read when they are asked for."""

    def __init__(self, options: LlavaOptions) -> None:
        try:
            self._records: list[dict[str, Any]] = json.loads(options.path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigError(f"Cannot read {options.path}: {error}", where="data.path") from error
        self._images = options.images or options.path.parent

    def __len__(self) -> int:
        return len(self._records)

    def __getitem__(self, index: int) -> Sample:
        record = self._records[index]
        pictures = record.get("image", [])
        names = [pictures] if isinstance(pictures, str) else list(pictures)
        media = iter([read_image(self._images / name) for name in names])
        messages = tuple(_message(turn, media) for turn in record["conversations"])
        return Sample((messages,))


def open_llava(options: LlavaOptions) -> LlavaSource:
    """Open one file."""
    return LlavaSource(options)


def _message(turn: dict[str, str], media: Any) -> Message:
    role = _ROLES[turn["from"]]
    parts: list[Part] = []
    if role == "user":
        # The marker is LLaVA's file format; past this line a slot is a part, never a string.
        for number, text in enumerate(turn["value"].split(_MARKER)):
            if number:
                picture: Media = next(media)
                parts.append(MediaPart(picture))
            text = text.strip("\n") if number or _MARKER in turn["value"] else text
            if text:
                parts.append(TextPart(text))
    else:
        parts.append(TextPart(turn["value"]))
    return Message(role, tuple(parts))  # type: ignore[arg-type]
