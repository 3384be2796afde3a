"""Parquet: a file, or a folder of them, as data sets are published."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from itertools import accumulate
from pathlib import Path
from typing import Any

from pydantic import Field
from sensorium.errors import ConfigError, MissingPackageError, SampleError, placed
from sensorium.specs import Sample, TextSample

from .columns import ColumnOptions, check_columns, first_row, sample_of

_KEPT_BYTES = 256 * 2**20
"""Row groups kept decoded, in each process; the newest is kept whatever its size."""


class ParquetOptions(ColumnOptions):
    """Where the files are, and which columns hold what."""

    path: Path = Field(description="A .parquet file, or a folder of them, read in order of name.")


class ParquetSource:
    """Rows by index. A row is read with its row group, and some groups are kept."""

    def __init__(self, options: ParquetOptions) -> None:
        self._arrow = _import_pyarrow()
        self._options = options
        self._groups: list[tuple[Path, int]] = []
        sizes: list[int] = []
        for path in _files(options.path):
            metadata = self._inspect(path)
            for group in range(metadata.num_row_groups):
                self._groups.append((path, group))
                sizes.append(metadata.row_group(group).num_rows)
        self._starts = [0, *accumulate(sizes)]
        self._kept: OrderedDict[int, Any] = OrderedDict()

    def _inspect(self, path: Path) -> Any:
        try:
            with self._arrow.parquet.ParquetFile(path) as file:
                known, metadata = file.schema_arrow.names, file.metadata
        except (OSError, self._arrow.ArrowException) as error:
            raise ConfigError(
                f"{path} is not a Parquet file: {_reason(error)}", where="data.path"
            ) from error
        check_columns(self._options, known, str(path))
        return metadata

    def __len__(self) -> int:
        return self._starts[-1]

    def __getitem__(self, index: int) -> Sample | TextSample:
        number = bisect_right(self._starts, index) - 1
        path, group = self._groups[number]
        inside = index - self._starts[number]
        with placed(f"{path}, row group {group}, row {inside} of it"):
            return sample_of(first_row(self._table(number).slice(inside)), self._options)

    def _table(self, number: int) -> Any:
        if number in self._kept:
            self._kept.move_to_end(number)
            return self._kept[number]
        path, group = self._groups[number]
        try:
            with self._arrow.parquet.ParquetFile(path) as file:
                table = file.read_row_group(group, columns=self._options.columns)
        except (OSError, self._arrow.ArrowException) as error:
            raise SampleError(f"Its row group cannot be read: {_reason(error)}") from error
        self._kept[number] = table
        while len(self._kept) > 1 and sum(t.nbytes for t in self._kept.values()) > _KEPT_BYTES:
            self._kept.popitem(last=False)
        return table


def open_parquet(options: ParquetOptions) -> ParquetSource:
    """Open one file, or all of a folder."""
    return ParquetSource(options)


def _import_pyarrow() -> Any:
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise MissingPackageError("pyarrow", "Reading Parquet", extra="datasets") from error
    return pyarrow


def _files(path: Path) -> list[Path]:
    found = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
    if not found:
        raise ConfigError(f"{path} has no .parquet files in it", where="data.path")
    return found


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
