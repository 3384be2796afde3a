"""The loss on held-out samples and answers to some of them, as training goes on.

Training does not notice: every random number generator is put back, the data is read beside the
run's own loader, and the weights end bit-equal to those of a run without validation.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from sensorium.errors import MediaError, SampleError

from .answering import Exchange
from .data import Data
from .errors import TrainingError
from .losses import means
from .objective import Objective
from .processes import gathered
from .reading import TAKEN, Reader, Taken
from .recipe import TrainingRecipe, ValidationOptions
from .sharding import is_sharded

Place = Callable[[dict[str, Any]], dict[str, Any]]
"""Puts a batch where the model is."""


@contextmanager
def undisturbed() -> Iterator[None]:
    """Puts back every generator that training draws from: Python's, NumPy's, torch's."""
    python, numpy = random.getstate(), np.random.get_state()
    devices = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    try:
        with torch.random.fork_rng(devices):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)


class Validation:
    """The same held-out samples each time, in batches, shared among the processes."""

    def __init__(
        self,
        objective: Objective,
        data: Data,
        recipe: TrainingRecipe,
        *,
        rank: int = 0,
        processes: int = 1,
    ) -> None:
        self._objective = objective
        self._data = data
        self._options = recipe.validation or ValidationOptions()
        self._read = Reader(data, objective, recipe.seed)
        self._rank, self._processes = rank, processes
        indices, batch_size = range(len(data)), recipe.batch_size
        self._batches = [indices[at : at + batch_size] for at in range(0, len(data), batch_size)]

    def check(self) -> None:
        """TrainingError where the first held-out samples are such that none can be used."""
        with undisturbed():
            batch = self._read(self._batches[0])
        if len(batch) == 1:
            raise _unusable(batch[TAKEN])

    def loss(self, place: Place) -> dict[str, float]:
        """`loss` and its parts, means over all samples, and `skipped_samples` if there are any.

        TrainingError where no sample can be used.
        """
        sums, counts, skipped = [], [], 0
        # A model in pieces is run by all processes at once, so each of them takes every batch.
        shared = self._processes > 1 and not is_sharded(self._objective)
        batches = self._batches[self._rank :: self._processes] if shared else self._batches
        with self._still():
            for batch in batches:
                inputs = self._read(batch)
                taken = inputs.pop(TAKEN)
                skipped += len(taken.skipped)
                if taken.counts is None:
                    raise _unusable(taken)
                counts.append(taken.counts)
                given = self._objective(**place(inputs))
                sums.append({name: float(value) for name, value in given.items()})
        mine = _added(sums), _added(counts), skipped
        found = gathered(mine) if shared else [mine]
        sizes = _added(each for _, each, _ in found)
        added = _added(each for each, _, _ in found)
        totals = {name: torch.tensor(value).double() for name, value in added.items()}
        parts = {"loss": self._objective.combine(totals, sizes), **means(totals, sizes)}
        told = {name: float(value) for name, value in parts.items()}
        passed_over = sum(number for *_, number in found)
        return {**told, "skipped_samples": passed_over} if passed_over else told

    def answers(self) -> list[tuple[int, Exchange]]:
        """Which held-out sample, and what the model makes of it; unusable ones are left out."""
        wanted = min(self._options.generations, len(self._data))
        given = []
        with self._still():
            for number in range(wanted):
                index = number * len(self._data) // wanted  # spread over all sources
                try:
                    sample = self._data[index]
                    exchange = self._objective.answer(sample, self._options.max_tokens)
                except (SampleError, MediaError):
                    continue
                if exchange is not None:
                    given.append((index, exchange))
        return given

    @contextmanager
    def _still(self) -> Iterator[None]:
        """Nothing learns, nothing is dropped, and no random number is missed afterwards."""
        training = self._objective.training
        self._objective.eval()
        try:
            with undisturbed(), torch.no_grad():
                yield
        finally:
            self._objective.train(training)


def _added(parts: Iterable[Mapping[str, float]]) -> dict[str, float]:
    total: defaultdict[str, float] = defaultdict(float)
    for part in parts:
        for name, value in part.items():
            total[name] += value
    return dict(total)


def _unusable(taken: Taken) -> TrainingError:
    reason = f"No held-out sample could be used: {taken.skipped[-1]}"
    return TrainingError(reason, where="validation")
