"""A corpus of `sensorium data pack`: blocks of token ids, mapped into memory.

Legend: N tokens of the corpus, T of a block.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from sensorium.errors import ConfigError, SampleError
from sensorium.options import Options
from sensorium.specs import TokenSample
from sensorium.text_files import read_text

from sensorium_trainers.corpus.errors import CorpusError
from sensorium_trainers.corpus.parts import MANIFEST

KIND = "sensorium-tokens"
VERSION = 1

Ids = NDArray[np.unsignedinteger[Any]]
Starts = NDArray[np.int64]

_MAPPED = 64
"""Files mapped at once, in each process; each takes a file handle."""


class TokensOptions(Options):
    """Which corpus, and how much of it is one sample."""

    path: Path = Field(description="The folder that `sensorium data pack` wrote.")
    block: int = Field(
        ge=1,
        le=2**24,
        description="Tokens of one sample; no more than the model's context window.",
    )


class TokensSource:
    """Blocks by index: block i learns tokens i·T to i·T + T - 1; the last block is shorter.

    So every token is learned exactly once, wherever blocks and files end. It is predicted from
    the token before it, be that in another block; the first of a document from the end token.
    """

    def __init__(self, options: TokensOptions) -> None:
        self.path = options.path
        self.block = options.block
        self.manifest = _read_manifest(options.path)
        counts = _checked_sizes(options.path, self.manifest)
        self._names = [name for name, tokens in counts if tokens]  # nothing maps an empty file
        self._ends = list(accumulate(tokens for _, tokens in counts if tokens))
        self._mapped = lru_cache(_MAPPED)(self._map)

    @property
    def tokens(self) -> int:
        """N."""
        return self._ends[-1] if self._ends else 0

    def __len__(self) -> int:
        return -(-self.tokens // self.block)

    def __getitem__(self, index: int) -> TokenSample:
        if not 0 <= index < len(self):
            raise IndexError("beyond the data")
        first = index * self.block
        last = min(first + self.block, self.tokens)
        # With the token in front, which the first target is predicted from.
        read = np.concatenate(
            [ids[low:high] for ids, _, low, high, _ in self._overlaps(max(first - 1, 0), last)]
        )
        targets = read[first - last :]
        if targets.max() >= self.manifest["vocabulary"]:
            raise SampleError(
                f"{self.path}, block {index}: it holds an id beyond the vocabulary",
                hint="The files are damaged: compare them with the hashes in manifest.json.",
            )
        begun = [
            starts[slice(*np.searchsorted(starts, (low, high)))] + (before - first)
            for _, starts, low, high, before in self._overlaps(first, last)
        ]
        inputs = np.concatenate([read[:1], targets[:-1]])
        inputs[np.concatenate(begun)] = self.manifest["end"]
        return TokenSample(inputs.tolist(), targets.tolist(), np.concatenate(begun).tolist())

    def _overlaps(self, first: int, last: int) -> Iterator[tuple[Ids, Starts, int, int, int]]:
        """Files with tokens first … last - 1: ids, starts, from and to where, tokens before."""
        for number in range(bisect_right(self._ends, first), len(self._ends)):
            before = self._ends[number - 1] if number else 0
            if before >= last:
                return
            ids, starts = self._mapped(number)
            yield ids, starts, max(first - before, 0), min(last - before, len(ids)), before

    def _map(self, number: int) -> tuple[Ids, Starts]:
        place = self.path / self._names[number]
        try:
            return (
                np.memmap(place.with_suffix(".tokens"), self.manifest["dtype"], "r"),
                np.memmap(place.with_suffix(".starts"), "<i8", "r"),
            )
        except (OSError, ValueError) as error:
            raise SampleError(f"{place}.tokens cannot be read: {error}") from error


def open_tokens(options: TokensOptions) -> TokensSource:
    """Open one corpus."""
    return TokensSource(options)


def _read_manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads(read_text(folder / MANIFEST))
        if manifest["kind"] == KIND and manifest["version"] == VERSION:
            return manifest
        reason = f"{MANIFEST} is of another kind or version"
    except OSError:
        reason = f"{MANIFEST} is missing"
    except (ValueError, KeyError, TypeError):
        reason = f"{MANIFEST} is damaged"
    raise ConfigError(
        f"{folder} is no finished corpus of tokens: {reason}",
        where="data.path",
        hint="sensorium data pack writes it; run again, it goes on where it was stopped.",
    )


def _checked_sizes(folder: Path, manifest: dict[str, Any]) -> list[tuple[str, int]]:
    """Name and tokens of each part; CorpusError where a file is of another size."""
    width = np.dtype(manifest["dtype"]).itemsize
    counts = []
    for number, part in enumerate(manifest["parts"]):
        name = f"{number:05}"
        expected = {"tokens": part["tokens"] * width, "starts": part["documents"] * 8}
        for suffix, size in expected.items():
            place = folder / f"{name}.{suffix}"
            held = place.stat().st_size if place.is_file() else 0
            if held != size:
                raise CorpusError(
                    f"{place} has {held:,} bytes, not {size:,}",
                    where="data.path",
                    hint="Copy it again, or have sensorium data pack write it again.",
                )
        counts.append((name, part["tokens"]))
    return counts
