"""LLaVA's conversation files: `[{"id", "image", "conversations": [{"from", "value"}]}]`."""

from __future__ import annotations

import json
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any

from pydantic import DirectoryPath, Field
from sensorium.errors import ConfigError, SampleError, placed, reason_of
from sensorium.media.images import open_image
from sensorium.messages import Media, MediaPart, Message, Part, Role, TextPart
from sensorium.options import Options
from sensorium.specs import Sample
from sensorium.text_files import read_text

from .attachments import inside
from .conversation import answered

_MARKER = "<image>"
_ROLES: dict[str, Role] = {"human": "user", "gpt": "assistant", "system": "system"}


class LlavaOptions(Options):
    """Where the file and its images are."""

    path: Path = Field(description="The JSON file.")
    images: DirectoryPath | None = Field(
        default=None, description="Folder that `image` is relative to; the file's own if left out."
    )


class LlavaSource:
    """Samples by index; pictures are read when they are asked for."""

    def __init__(self, options: LlavaOptions) -> None:
        self._path = options.path
        self._images = options.images or options.path.parent
        try:
            self._records: list[Any] = json.loads(read_text(options.path))
        except (OSError, ValueError, RecursionError) as error:
            reason = reason_of(error)
            raise ConfigError(f"Cannot read {options.path}: {reason}", where="data.path") from error
        if not isinstance(self._records, list):
            raise ConfigError(f"{options.path} is not a JSON list of records", where="data.path")

    def __len__(self) -> int:
        return len(self._records)

    def __getitem__(self, index: int) -> Sample:
        record = self._records[index]
        name = record.get("id", "no id") if isinstance(record, dict) else "no object"
        with placed(f"{self._path}, record {index}, id {name}"):
            return Sample((self._messages(record),))

    def group(self, index: int) -> Hashable:
        """The picture, or the record where it shows none, or several."""
        record = self._records[index]
        name = record.get("image") if isinstance(record, dict) else None
        return name if isinstance(name, str) else index

    def _messages(self, record: Any) -> tuple[Message, ...]:
        turns = record.get("conversations") if isinstance(record, dict) else None
        if not isinstance(turns, list) or not turns:
            raise SampleError("It has no list 'conversations'")
        listed = record.get("image") or []
        names = [listed] if isinstance(listed, str) else listed
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise SampleError("'image' is neither a file name nor a list of file names")
        media = [open_image(inside(self._images, name)) for name in names]
        messages = answered(_message(turn, media) for turn in turns)
        shown = sum(len(message.media) for message in messages)
        if shown != len(names):
            raise SampleError(f"{len(names)} pictures, but {shown} times '{_MARKER}'")
        return messages


def open_llava(options: LlavaOptions) -> LlavaSource:
    """Open one file."""
    return LlavaSource(options)


def _message(turn: Any, media: list[Media]) -> Message:
    """One turn; takes the pictures it shows off the front of `media`."""
    role, value = (turn.get("from"), turn.get("value")) if isinstance(turn, dict) else (None, None)
    if role not in _ROLES or not isinstance(value, str):
        raise SampleError(f"A turn from {role!r}; known are {', '.join(_ROLES)}, each with a value")
    # The marker is LLaVA's file format; past this line a slot is a part, never a string.
    texts = value.split(_MARKER) if role == "human" else [value]
    if len(texts) - 1 > len(media):
        raise SampleError(f"More '{_MARKER}' than pictures")
    if len(texts) == 2:
        # A single picture stands in front, wherever the file shows it: so does LLaVA.
        texts = ["", "".join(texts).strip()]
    return Message(_ROLES[role], tuple(_parts(texts, media)))


def _parts(texts: Sequence[str], media: list[Media]) -> list[Part]:
    parts: list[Part] = []
    for number, text in enumerate(texts):
        if number:
            parts.append(MediaPart(media.pop(0)))
            text = text.removeprefix("\n")  # the template's own separator stands there
        if text:
            parts.append(TextPart(text))
    return parts
