"""Batches of samples that are about equally long, so that little of them is padding."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sensorium.errors import MediaError, SampleError

from .data import Data
from .mixing import Mixture

_BATCHES = 32
"""Of one window: so many that lengths in a batch are close, so few that order stays random."""

Span = tuple[int, int]
"""From this place on windows begin, of batches of so many samples; up to the next span."""


class ByLength(Data):
    """Samples in their usual order, sorted by length within windows of some batches.

    The batches of a window stand in random order again. What stands where depends on the data and
    the seed alone, so a stopped run goes on with the same samples. Each is read once more, to learn
    its length, and forgotten: two windows of indices are all that is held.

    A run that goes on with batches of another size reads the window it is in to its end as it is.
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
        self.spans: tuple[Span, ...] = ((0, batch),)
        self._window = lru_cache(maxsize=2)(self._sorted)

    def go_on(self, spans: Sequence[Span], place: int) -> None:
        """From a place that a run has come to with these spans; none where it had no groups."""
        self.spans = continued(spans or [(place, self._batch)], place, self._batch)

    def shares(self) -> list[float]:
        """As without grouping."""
        return self._data.shares()

    def place(self, index: int) -> tuple[int, int]:
        """→ (source, sample of it), for every index from 0 on."""
        begin, end, batch = window_at(self.spans, index)
        return self._usual(int(self._window(begin, end, batch)[index - begin]))

    def _usual(self, index: int) -> tuple[int, int]:
        """The place without grouping."""
        number, at = self._order.place(index)
        return (number, at) if self._data.endless else self._data.place(at)

    def _sorted(self, begin: int, end: int, batch: int) -> NDArray[np.int64]:
        """[end - begin]: the usual index of what stands at each of a window."""
        usual = np.arange(begin, end)
        lengths = [self._length(*self._usual(int(index))) for index in usual]
        ordered = usual[np.argsort(lengths, kind="stable")]
        whole = len(ordered) - len(ordered) % batch
        random = np.random.default_rng([self._seed, begin // (_BATCHES * batch)])
        mixed: NDArray[np.int64] = random.permutation(ordered[:whole].reshape(-1, batch))
        return np.concatenate([mixed.reshape(-1), ordered[whole:]])

    def _length(self, number: int, at: int) -> int:
        try:
            return self._length_of(self.sources[number][at])
        except (SampleError, MediaError):
            return 0  # replaced, and told, where batches are made


def window_at(spans: Sequence[Span], place: int) -> tuple[int, int, int]:
    """→ where the window begins that a place is in, where it ends, the size of its batches.

    Where another span begins, a window ends early.
    """
    number = bisect_right(spans, place, key=lambda span: span[0]) - 1
    start, batch = spans[number]
    size = _BATCHES * batch
    begin = place - (place - start) % size
    ends = [begin + size, *(following for following, _ in spans[number + 1 : number + 2])]
    return begin, min(ends), batch


def continued(spans: Sequence[Span], place: int, batch: int) -> tuple[Span, ...]:
    """The spans of a run that goes on at a place with batches of this size.

    A window that was begun ends as it is. Others begin where a batch of the run does; what is left
    over in between, less than a batch, is a window too.
    """
    begin, end, _ = window_at(spans, place)
    end = place if begin == place else end
    aligned = end + (place - end) % batch
    kept = [span for span in spans if span[0] < end]
    start, before = kept[-1] if kept else (0, 0)
    if end == aligned and before == batch and not (end - start) % (_BATCHES * batch):
        return tuple(kept)
    return (*kept, *dict.fromkeys([(end, batch), (aligned, batch)]))
