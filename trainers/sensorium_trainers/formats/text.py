"""Plain text for the stage `pretrain`: one sample per line, blank lines left out.

In a .jsonl file, `"ended": false` beside the text says that it was cut off.
"""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import Field
from sensorium.errors import ConfigError, SampleError
from sensorium.options import Options
from sensorium.specs import TextSample
from sensorium.text_files import EncodingError, read_lines


class TextOptions(Options):
    """Where the text is."""

    path: Path = Field(description="A text file, or a .jsonl file with an object per line.")
    key: str = Field(default="text", description="The key of the text in a .jsonl file.")


class TextSource:
    """Samples by index; the whole file is held in memory."""

    def __init__(self, options: TextOptions) -> None:
        self._options = options
        self._is_json = options.path.suffix == ".jsonl"
        try:
            lines = read_lines(options.path)
        except (OSError, EncodingError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise ConfigError(f"Cannot read {options.path}: {reason}", where="data.path") from error
        self._lines = [(n, line) for n, line in enumerate(lines, start=1) if line.strip()]

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, index: int) -> TextSample:
        number, line = self._lines[index]
        if not self._is_json:
            return TextSample(line)
        try:
            record = json.loads(line)
            text = record[self._options.key]
        except (ValueError, KeyError, TypeError, RecursionError):
            text = None
        if not isinstance(text, str):
            raise SampleError(
                f"{self._options.path}, line {number}: no object with a text under "
                f"'{self._options.key}'"
            )
        return TextSample(text, ended=record.get("ended") is not False)


def open_text(options: TextOptions) -> TextSource:
    """Open one file."""
    return TextSource(options)
