"""Data sets of the hub, read while they are used: rows by number all the same.

A stream knows no row number, but `datasets` can say where it stands and go on from there, to the
row. That is noted in a file at the end of every window, so that a run which goes on, or another
process, begins at the window it needs and not at the first row.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from sensorium.errors import ConfigError, placed
from sensorium.specs import Sample, TextSample
from sensorium.text_files import read_lines

from sensorium_trainers.corpus.errors import CorpusError

from .columns import check_columns, sample_of
from .hub import HubOptions, import_datasets, load


class StreamSource:
    """Rows by index, one window of them in memory; quick only from one window to the next."""

    forward = True

    def __init__(self, options: HubOptions) -> None:
        self.window = options.window
        self._options = options
        self._name = f"{options.dataset}, {options.split}"
        builder = load(options, import_datasets().load_dataset_builder)
        self._size = _rows(options, builder)
        self._places = Places(_place(options, builder))
        self._open()  # a wrong column or split is said now
        self._rows: Iterator[Mapping[str, Any]] = iter(())
        self._stream: Any = None
        self._at = -1
        self._held: tuple[int, list[Mapping[str, Any]]] = (-1, [])

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, index: int) -> Sample | TextSample:
        if not 0 <= index < self._size:
            raise IndexError("beyond the data")
        start = index - index % self.window
        if self._held[0] != start:
            self._held = (start, self._read(start))
        with placed(f"{self._name}, row {index}"):
            return sample_of(self._held[1][index - start], self._options)

    def _read(self, start: int) -> list[Mapping[str, Any]]:
        """The rows of the window that begins at `start`."""
        wanted = min(self.window, self._size - start)
        try:
            if self._at != start:
                self._seek(start)
            rows = list(islice(self._rows, wanted))
        except Exception as error:  # the library, and those beneath it, raise nearly anything
            self._at = -1
            reason = " ".join(str(error).split())[:300] or type(error).__name__
            raise CorpusError(
                f"The stream broke off: {reason}",
                where=f"{self._name}, from row {start:,} on",
                hint="Run the same command again: it goes on from the newest checkpoint or part.",
            ) from error
        if len(rows) < wanted:
            raise ConfigError(
                f"The stream has {start + len(rows):,} rows, not {self._size:,}",
                where="data.rows",
                hint="Set `rows` to what it has.",
            )
        self._at = start + wanted
        self._places.add(self._at, self._stream.state_dict())
        return rows

    def _seek(self, start: int) -> None:
        near, state = self._places.before(start)
        self._stream = self._open()
        if state is not None:
            self._stream.load_state_dict(state)
        self._rows = iter(self._stream)
        for _ in islice(self._rows, start - near):
            pass

    def _open(self) -> Any:
        options = self._options
        loader = import_datasets().load_dataset
        stream = load(options, loader, split=options.split, streaming=True)
        if stream.column_names is not None:
            check_columns(options, stream.column_names, self._name)
        stream = stream.select_columns(options.columns)
        # As it is stored: the library would decode pictures itself, without our limits. Columns of
        # unknown kinds, as its reader of text files has them, it decodes in no case.
        return stream.decode(False) if stream.features else stream


class Places:
    """Row number → where the stream stands before it, in a file of JSON lines."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[int, Any] = {}

    def before(self, row: int) -> tuple[int, Any]:
        """The nearest known place up to `row`: its number and state; (0, None) without any."""
        try:
            lines = read_lines(self._path)
        except (OSError, ValueError):
            lines = []
        for line in lines:
            try:
                place = json.loads(line)
                self._known[int(place["row"])] = place["state"]
            except (ValueError, KeyError, TypeError):
                continue  # the last one of a process that was killed
        near = max((known for known in self._known if known <= row), default=0)
        return near, self._known.get(near)

    def add(self, row: int, state: Any) -> None:
        """Note a place, once. Where it cannot be written, finding it again takes longer."""
        if row in self._known:
            return
        self._known[row] = state
        line = json.dumps({"row": row, "state": state})
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(f"\n{line}\n")  # not behind what a killed process began
        except OSError:
            pass


def _rows(options: HubOptions, builder: Any) -> int:
    if options.rows is not None:
        return options.rows
    split = (builder.info.splits or {}).get(options.split)
    if split is None or not split.num_examples:
        raise ConfigError(
            f"{options.dataset} does not say how many rows its split '{options.split}' has",
            where="data.rows",
            hint="Set `rows`; or read it without `streaming`, which counts them.",
        )
    return int(split.num_examples)


def _place(options: HubOptions, builder: Any) -> Path:
    """A file for this very data: where the files changed, places in them mean nothing."""
    files = builder.config.data_files or {}
    origins = {name: getattr(files[name], "origin_metadata", None) for name in files}
    said = [
        options.dataset,
        options.config,
        options.split,
        builder.hash,
        str(origins),
        options.columns,
    ]
    version = import_datasets().__version__
    digest = hashlib.sha256(json.dumps([*said, version]).encode()).hexdigest()[:32]
    folder = options.cache or Path(import_datasets().config.HF_DATASETS_CACHE)
    return Path(folder) / "sensorium-places" / f"{digest}.jsonl"
