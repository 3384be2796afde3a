"""Conversations as JSONL: `{"messages": [{"role", "content"}]}`, one per line."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import DirectoryPath, Field
from sensorium.errors import SampleError, placed
from sensorium.options import Options
from sensorium.specs import Sample

from .attachments import Attachments
from .conversation import conversation
from .lines import Lines


class ChatOptions(Options):
    """Where the file and its media are."""

    path: Path = Field(description="The JSONL file.")
    media: DirectoryPath | None = Field(
        default=None,
        description="Folder that the names of pictures and recordings are relative to and may not "
        "leave; the file's own if left out. Nothing is fetched from addresses.",
    )
    key: str = Field(default="messages", description="The key of the list of messages.")


class ChatSource:
    """Samples by index; a line is read, with its media, when it is asked for."""

    def __init__(self, options: ChatOptions) -> None:
        self._lines = Lines(options.path)
        self._media = options.media or options.path.parent
        self._key = options.key

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, index: int) -> Sample:
        with placed(f"{self._lines.path}, line {self._lines.number(index)}"):
            record = _parsed(self._lines[index])
            if not isinstance(record, dict) or self._key not in record:
                raise SampleError(f"It is no object with the key '{self._key}'")
            if record.get("ended") is False:
                # Behind an answer stands an end token, which would be learned in mid-sentence.
                raise SampleError('Its last answer was cut off ("ended": false)')
            return Sample((conversation(record[self._key], Attachments(self._media)),))


def open_chat(options: ChatOptions) -> ChatSource:
    """Find the lines of one file."""
    return ChatSource(options)


def _parsed(line: bytes) -> object:
    try:
        parsed: object = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise SampleError(f"It is not JSON: {error}") from error
    return parsed
