"""Tar files of samples, as `webdataset` and `sensorium data shards` write them, by index.

Nothing is unpacked: the names in a tar file are labels, and no file is ever made of one.
"""

from __future__ import annotations

import io
import tarfile
from bisect import bisect_right
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from sensorium.errors import ConfigError, SampleError, placed
from sensorium.options import Options

from .coco import QUESTIONS
from .members import sample_of

LARGEST_BYTES = 256 * 2**20
"""Of all files of one sample together; a larger one is never read."""

SUFFIX = ".starts"
"""Beside `00000.tar`: where each sample begins, int64, and where the last one ends."""


class TarOptions(Options):
    """Where the tar files are."""

    path: tuple[Path, ...] | Path = Field(
        description="A .tar file or a folder of them; or several, on as many disks."
    )
    questions: tuple[str, ...] = Field(
        default=QUESTIONS,
        min_length=1,
        description="What the user may ask about a picture whose .txt is the answer; chosen by the "
        "sample's name.",
    )


class TarSource:
    """Samples by index. A sample is read by itself, wherever in its file it stands."""

    window = 4096
    """Drawn in random order among so many that lie side by side: far jumps are slow."""
    forward = False

    def __init__(self, options: TarOptions) -> None:
        paths = options.path if isinstance(options.path, tuple) else (options.path,)
        self._files = [file for path in paths for file in _files(path)]
        self._starts = [_starts(file) for file in self._files]
        self._ends = list(accumulate(len(starts) - 1 for starts in self._starts))
        self._questions = options.questions

    def __len__(self) -> int:
        return self._ends[-1]

    def __getitem__(self, index: int) -> Any:
        if not 0 <= index < len(self):
            raise IndexError("beyond the data")
        number = bisect_right(self._ends, index)
        inside = index - (self._ends[number - 1] if number else 0)
        begin, end = self._starts[number][inside : inside + 2].tolist()
        with placed(f"{self._files[number]}, sample {inside} at byte {begin:,}"):
            key, members = _members(_read(self._files[number], begin, end))
            with placed(key):
                return sample_of(key, members, self._questions)


def open_tar(options: TarOptions) -> TarSource:
    """Find the samples of all files."""
    return TarSource(options)


def split_name(name: str) -> tuple[str, str]:
    """`"a/17.0.jpg"` → `("a/17", "0.jpg")`: what names the sample, and which file of it this is."""
    folder, slash, file = name.rpartition("/")
    stem, _, suffix = file.partition(".")
    return folder + slash + stem, suffix.lower()


def _files(path: Path) -> list[Path]:
    found = sorted(path.rglob("*.tar")) if path.is_dir() else [path]
    if not found:
        raise ConfigError(
            f"{path} has no .tar files in it",
            where="data.path",
            hint="Compressed ones (.tar.gz) cannot be read by index: gunzip them first.",
        )
    return found


def _starts(file: Path) -> NDArray[np.int64]:
    """Where each sample begins, and where the last ends; ConfigError where the file is damaged."""
    try:
        size = file.stat().st_size
        kept = file.with_suffix(SUFFIX)
        if kept.is_file():
            starts = np.fromfile(kept, "<i8")
            within = len(starts) and starts[0] >= 0 and starts[-1] <= size
            if within and (np.diff(starts) > 0).all():
                return starts
        with tarfile.open(file, "r:") as tar:
            return _scanned(tar, size)
    except (OSError, tarfile.TarError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigError(
            f"{file} is no whole tar file: {reason}",
            where="data.path",
            hint="Copy it again, or take it away. Compressed ones cannot be read by index.",
        ) from error


def _scanned(tar: tarfile.TarFile, size: int) -> NDArray[np.int64]:
    starts: list[int] = []
    last = None
    while (member := tar.next()) is not None:
        key, suffix = split_name(member.name)
        if _is_plain(member) and suffix and key != last:
            starts.append(member.offset)
            last = key
    end = tar.offset
    # The library takes a damaged header for the end, and says nothing.
    if tar.fileobj is None or end > size:
        raise tarfile.ReadError("it was cut off")
    tar.fileobj.seek(end)
    if any(tar.fileobj.read(tarfile.BLOCKSIZE)):
        raise tarfile.ReadError(f"it is damaged at byte {end:,}, behind {len(starts):,} samples")
    return np.asarray([*starts, end], np.int64)


def _read(file: Path, begin: int, end: int) -> bytes:
    if end - begin > LARGEST_BYTES:
        raise SampleError(f"It has {end - begin:,} bytes; at most {LARGEST_BYTES:,} are read")
    try:
        # Opened each time: workers are forks, and a file they shared would share its position.
        with file.open("rb") as opened:
            opened.seek(begin)
            data = opened.read(end - begin)
    except OSError as error:
        raise SampleError(f"It cannot be read: {error.strerror}") from error
    if len(data) < end - begin:
        raise SampleError("The file has become shorter")
    return data


def _members(data: bytes) -> tuple[str, dict[str, bytes]]:
    """The name of a sample, and its files by what they are."""
    members: dict[str, bytes] = {}
    first = None
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as tar:
            while (member := tar.next()) is not None:
                key, suffix = split_name(member.name)
                if not _is_plain(member) or not suffix or (first or key) != key:
                    continue
                first = key
                content = tar.extractfile(member)
                if content is None or suffix in members:
                    raise SampleError(f"The file {suffix} stands twice in it")
                members[suffix] = content.read()
    except (tarfile.TarError, OSError, ValueError) as error:
        raise SampleError(f"It is damaged: {error}") from error
    if first is None:
        raise SampleError("It is damaged: no file where one should begin")
    return first, members


def _is_plain(member: tarfile.TarInfo) -> bool:
    """A file with its own bytes: no link, no device, no sparse file that a few bytes blow up."""
    return member.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and not member.issparse()
