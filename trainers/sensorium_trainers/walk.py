"""The order in which a run takes its data: place after place, through all epochs.

Legend: N samples of the data.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor

from .checkpoints import step_of
from .data import Data
from .grouping import ByLength
from .place import Place, read_place, what_changes
from .recipe import TrainingRecipe


class Walk:
    """A data set for the Trainer, to be taken in order: the index of the data at each place.

    What stands at a place depends on the data and the seed alone. One epoch follows another at
    once, also within a batch, so that each has every sample once, whatever the sizes of batches.
    """

    def __init__(self, data: Data, recipe: TrainingRecipe, *, processes: int) -> None:
        self._data = data
        self._size = len(data)
        self._recipe = recipe
        self._processes = processes
        self._grouped = data if isinstance(data, ByLength) else None
        self._order = lru_cache(maxsize=2)(self._shuffled)
        # Where index 0 stands. The Trainer passes over as many indices as the steps so far would
        # have taken, had they been as large as they are now.
        self._begin = 0

    def __len__(self) -> int:
        return self._recipe.steps * self.place(0).in_step

    def __getitem__(self, index: int) -> int:
        place = self._begin + index
        if self._data.endless:
            return place
        epoch, at = divmod(place, self._size)
        return int(self._order(epoch)[at]) if self._recipe.shuffle else at

    def _shuffled(self, epoch: int) -> Tensor:
        """[N]: the order of an epoch."""
        random = torch.Generator().manual_seed(self._recipe.seed + epoch)
        return torch.randperm(self._size, generator=random)

    def place(self, step: int) -> Place:
        """How far the run is after so many steps."""
        recipe = self._recipe
        groups = self._grouped.spans if self._grouped else ()
        start = Place(
            0, recipe.batch_size, recipe.accumulate, self._processes, groups, self._kind_of_order()
        )
        return start.ahead(self._begin + step * start.in_step)

    def _kind_of_order(self) -> str:
        """What decides which sample stands where, apart from how steps divide them."""
        shuffled = f"shuffled by seed {self._recipe.seed}" if self._recipe.shuffle else "unshuffled"
        shares = " : ".join(f"{share:.6g}" for share in self._data.shares())
        grouped = ", grouped by length" if self._grouped is not None else ""
        return f"{shuffled}, shares {shares}{grouped}"

    def go_on(self, checkpoint: Path, taken: int) -> Iterator[str]:
        """After the samples of a checkpoint → what is to be said of it.

        `taken` are as many as were counted in checkpoints of versions that kept no place; 0 if they
        did not count either.
        """
        step, before = step_of(checkpoint), read_place(checkpoint)
        now = self.place(0)
        if before is not None:
            self._begin = before.samples - step * now.in_step
            if self._grouped is not None:
                self._grouped.go_on(before.groups, before.samples)
            steps, packed = self._recipe.steps - step, self._recipe.row_positions is not None
            yield from what_changes(before, self.place(step), steps=steps, packed=packed)
            return
        if taken:
            self._begin = taken - step * now.in_step
        if not (taken and self._data.endless and self._grouped is None):
            yield (
                f"{checkpoint.name} was written by a version that did not record its place in the "
                f"data: going on after {self.place(step).samples:,} samples; in this epoch some "
                "samples may be read twice and others not at all"
            )
