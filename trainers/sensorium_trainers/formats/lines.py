"""The lines of a file by number, found by where they begin: the file may be larger than memory."""

from __future__ import annotations

from array import array
from pathlib import Path

from sensorium.errors import ConfigError, SampleError
from sensorium.text_files import EncodingError, refuse_other_encodings, without_mark


class Lines:
    """Lines that are not blank. One pass finds them; 16 bytes of memory for each."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._starts = array("q")
        self._numbers = array("q")
        position = 0
        try:
            with path.open("rb") as file:
                refuse_other_encodings(file.peek())
                for number, line in enumerate(file, start=1):
                    if without_mark(line).strip():
                        self._starts.append(position)
                        self._numbers.append(number)
                    position += len(line)
        except (OSError, EncodingError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise ConfigError(f"Cannot read {path}: {reason}", where="data.path") from error

    def __len__(self) -> int:
        return len(self._starts)

    def number(self, index: int) -> int:
        """As an editor counts, from 1, blank lines too."""
        return self._numbers[index]

    def __getitem__(self, index: int) -> bytes:
        # Opened each time: workers are forks, and a file they shared would share its position.
        try:
            with self.path.open("rb") as file:
                file.seek(self._starts[index])
                return without_mark(file.readline())
        except OSError as error:
            raise SampleError(f"It cannot be read: {error.strerror}") from error
