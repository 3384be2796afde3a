"""Sources mixed with probabilities. Which sample stands where depends on nothing but the seed.

Legend: K sources, B indices of one block.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray
from sensorium.specs import SampleSource

from .data import Data
from .windows import order

_BLOCK = 4096
_CHOICE, _ORDER = 0, 1
"""Two streams of random numbers, so that neither depends on how many the other took."""

Numbers = NDArray[np.int64]


class Mixture(Data):
    """At every index a source is drawn by weight, and its next sample stands there.

    Each source is walked through without repetition, in random order or its own, and then again
    in another random order. A mixture has no end: a run takes as many samples as its steps need.
    """

    endless = True

    def __init__(
        self,
        sources: Sequence[SampleSource],
        weights: Sequence[float],
        *,
        seed: int,
        shuffle: bool,
    ) -> None:
        super().__init__(sources)
        self._shares = np.asarray(weights) / np.sum(weights)
        self._seed = seed
        self._shuffle = shuffle
        # How many samples of each source stand before block 0, 1, …: as far as was asked.
        self._before: list[Numbers] = [np.zeros(len(sources), np.int64)]
        self._drawn = lru_cache(maxsize=4)(self._draw)
        # Two walks of each: a small source, walked often, must not push out the order of a large.
        self._orders = [
            lru_cache(maxsize=2)(partial(self._shuffled, number)) for number in range(len(sources))
        ]

    def shares(self) -> list[float]:
        """The probability of each source."""
        return [float(share) for share in self._shares]

    def place(self, index: int) -> tuple[int, int]:
        """→ (source, sample of it), for every index from 0 on."""
        if index < 0:
            raise IndexError("beyond the data")
        block, inside = divmod(index, _BLOCK)
        while len(self._before) <= block:
            choices, _ = self._draw(len(self._before) - 1)
            counts = np.bincount(choices, minlength=len(self.sources))
            self._before.append(self._before[-1] + counts)
        choices, ranks = self._drawn(block)
        number = int(choices[inside])
        rank = int(self._before[block][number] + ranks[inside])
        walk, at = divmod(rank, len(self.sources[number]))
        return number, int(self._orders[number](walk)[at]) if self._shuffle else at

    def _draw(self, block: int) -> tuple[Numbers, Numbers]:
        """→ which source stands at each index of a block, how many of it do before; [B] both."""
        numbers = _random(self._seed, _CHOICE, block).random(_BLOCK)
        choices = np.searchsorted(np.cumsum(self._shares)[:-1], numbers, side="right")
        ranks = np.zeros(_BLOCK, np.int64)
        for number in range(len(self.sources)):
            mine = choices == number
            ranks[mine] = np.arange(mine.sum())
        return choices, ranks

    def _shuffled(self, number: int, walk: int) -> Numbers:
        """The order of a source in its n-th walk."""
        return order(self.sources[number], _random(self._seed, _ORDER, number, walk))


def _random(*key: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(key)))
