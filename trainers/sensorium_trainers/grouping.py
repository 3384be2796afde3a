"""Batches of samples that are about equally long, so that little of them is padding."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sensorium.errors import MediaError, SampleError

from .data import Data
from .mixing import Mixture

_BATCHES = 32
"""Of one window: so many that lengths in a batch are close, so few that order stays random."""


class ByLength(Data):
    """Samples in their usual order, sorted by length within windows of some batches.

    The batches of a window stand in random order again. What stands where depends on the data and
    the seed alone, so a stopped run goes on with the same samples. Each is read once more, to learn
    its length, and forgotten: two windows of indices are all that is held.
    """

    endless = True

    def __init__(
        self,
        data: Data,
        length_of: Callable[[Any], int],
        *,
        batch: int,
        seed: int,
        shuffle: bool,
    ) -> None:
        super().__init__(data.sources)
        self._data = data
        self._order = data if data.endless else Mixture([data], [1.0], seed=seed, shuffle=shuffle)
        self._length_of = length_of
        self._batch = batch
        self._seed = seed
        self._window = lru_cache(maxsize=2)(self._sorted)

    def shares(self) -> list[float]:
        """As without grouping."""
        return self._data.shares()

    def place(self, index: int) -> tuple[int, int]:
        """→ (source, sample of it), for every index from 0 on."""
        window, inside = divmod(index, _BATCHES * self._batch)
        return self._usual(int(self._window(window)[inside]))

    def _usual(self, index: int) -> tuple[int, int]:
        """The place without grouping."""
        number, at = self._order.place(index)
        return (number, at) if self._data.endless else self._data.place(at)

    def _sorted(self, window: int) -> NDArray[np.int64]:
        """[batches * batch]: the usual index of what stands at each of a window."""
        size = _BATCHES * self._batch
        usual = np.arange(window * size, (window + 1) * size)
        lengths = [self._length(*self._usual(int(index))) for index in usual]
        batches = usual[np.argsort(lengths, kind="stable")].reshape(_BATCHES, self._batch)
        mixed: NDArray[np.int64] = np.random.default_rng([self._seed, window]).permutation(batches)
        return mixed.reshape(-1)

    def _length(self, number: int, at: int) -> int:
        try:
            return self._length_of(self.sources[number][at])
        except (SampleError, MediaError):
            return 0  # replaced, and told, where batches are made
