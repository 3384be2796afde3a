"""Samples that a run is measured on and never learns from.

Legend: N samples of a source.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sensorium.errors import ConfigError
from sensorium.registry import Registry
from sensorium.specs import Grouped, SampleSource

from .data import Concatenated, Data, arrange, open_sources
from .recipe import TrainingRecipe
from .windows import Windowed

_SPLIT = 2
"""A stream of random numbers beside those of `mixing`."""

Numbers = NDArray[np.int64]


def open_split(recipe: TrainingRecipe, registry: Registry) -> tuple[Data, Data | None]:
    """→ what is learned from, and what is held out where the recipe validates.

    Which samples those are depends on the sources, the seed and the number of samples alone.
    """
    sources = open_sources(recipe.data, registry)
    validation = recipe.validation
    if validation is None:
        return arrange(sources, recipe), None
    if validation.data:
        own = open_sources(validation.data, registry, at="validation.data")
        counts = _counts(Concatenated(own), validation.samples)
        held = [
            Chosen(source, draw(source, min(count, len(source)), recipe.seed, number))
            for number, (source, count) in enumerate(zip(own, counts, strict=True))
        ]
        return arrange(sources, recipe), Concatenated(held)
    held, kept = [], []
    for number, count in enumerate(_counts(arrange(sources, recipe), validation.samples)):
        source = sources[number]
        if isinstance(source, Windowed):
            raise ConfigError(
                "A source that is read in windows cannot give up samples here and there",
                where=f"validation, data.{number}",
                hint="Give validation data of its own.",
            )
        chosen = draw(source, min(count, len(source)), recipe.seed, number)
        held.append(Chosen(source, chosen))
        kept.append(Remaining(source, together(source, chosen)))
        if not len(kept[-1]):
            raise ConfigError(
                f"With {count} of {len(source)} samples held out, none would be left to learn from",
                where=f"validation.samples, data.{number}",
                hint="Hold out fewer, or give validation data of its own.",
            )
    return arrange(kept, recipe), Concatenated(held)


def _counts(data: Data, samples: int) -> list[int]:
    """How many of each source: by its share, and of each at least one."""
    return [max(1, round(share * samples)) for share in data.shares()]


def draw(source: SampleSource, count: int, seed: int, number: int) -> Numbers:
    """`count` different indices of the source, in order."""
    random = np.random.Generator(np.random.PCG64([seed, _SPLIT, number]))
    return np.sort(random.choice(len(source), count, replace=False, shuffle=False))


def together(source: SampleSource, chosen: Numbers) -> Numbers:
    """The chosen indices and all that share a picture with one of them, in order."""
    if not isinstance(source, Grouped):
        return chosen
    groups = {source.group(int(index)) for index in chosen}
    found = (index for index in range(len(source)) if source.group(index) in groups)
    return np.fromiter(found, np.int64)


class Part:
    """Some samples of a source, in its order."""

    def __init__(self, source: SampleSource, size: int) -> None:
        self.source = source
        self._size = size
        self.classes = getattr(source, "classes", None)

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, index: int) -> Any:
        if not 0 <= index < self._size:
            raise IndexError("beyond the data")
        return self.source[self.place(index)]

    def place(self, index: int) -> int:
        """Where the sample stands in the whole source."""
        raise NotImplementedError


class Chosen(Part):
    """These samples."""

    def __init__(self, source: SampleSource, indices: Numbers) -> None:
        super().__init__(source, len(indices))
        self._indices = indices

    def place(self, index: int) -> int:
        """By the list."""
        return int(self._indices[index])


class Remaining(Part):
    """All samples but these, however many there are: only those left out are held in memory."""

    def __init__(self, source: SampleSource, left_out: Numbers) -> None:
        super().__init__(source, len(source) - len(left_out))
        # How many samples stand before each of those left out, none of them counted.
        self._before = left_out - np.arange(len(left_out))

    def place(self, index: int) -> int:
        """The index, and one more for everything left out in front of it."""
        return index + int(np.searchsorted(self._before, index, side="right"))
