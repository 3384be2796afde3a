"""Indices of the data → one batch; what cannot be used is replaced, and said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sensorium.errors import ConfigError, MediaError, PluginError, SampleError, SensoriumError
from torch.utils.data import get_worker_info

from .data import Data
from .drawing import number_of
from .errors import sample_at, text_of
from .objective import Objective
from .stopping import outlast_the_step
from .windows import neighbours
from .work import NOTHING, Work

TAKEN = "taken"
"""The key of a batch under which `Taken` travels from the process that made it."""

_ATTEMPTS = 100


@dataclass(frozen=True, slots=True)
class Taken:
    """How many samples a batch was to have, why some were passed over, and what it computes.

    `counts` are the objective's; None where there is no batch, for a sample found no replacement.
    """

    samples: int
    skipped: tuple[str, ...] = ()
    work: Work = NOTHING
    counts: Mapping[str, int] | None = None
    failure: SensoriumError | None = None
    """What ended the process that made the batch, for the one that trains to raise."""


class Reader:
    """Called by a DataLoader, in a process of its own or in between.

    A sample that cannot be used is replaced by another one of its source, which depends on nothing
    but the seed and the sample's place: batches keep their size, and a run that goes on after a
    stop meets the same ones.
    """

    def __init__(self, data: Data, objective: Objective, seed: int) -> None:
        self._data = data
        self._objective = objective
        self._seed = seed

    def __call__(self, indices: Sequence[int]) -> dict[str, Any]:
        """The arguments of the objective's `forward`, and `taken`.

        `taken` alone where a sample found no replacement: the process that trains ends the run.
        """
        outlast_the_step()
        try:
            return self._batch(indices)
        except Exception as error:
            if get_worker_info() is None:
                raise
            # torch would raise it again with the whole traceback as its text.
            return {TAKEN: Taken(len(indices), failure=_portable(error))}

    def _batch(self, indices: Sequence[int]) -> dict[str, Any]:
        skipped: list[str] = []
        rows = []
        for index in indices:
            row = self._row(index, skipped)
            if row is None:
                return {TAKEN: Taken(len(indices), tuple(skipped))}
            rows.append(row)
        work = self._objective.work(rows)
        batch = self._objective.batch(rows)
        counts = self._objective.counts(batch)
        return {**batch, TAKEN: Taken(len(indices), tuple(skipped), work, counts)}

    def _row(self, index: int, skipped: list[str]) -> Any:
        number, at = self._data.place(index)
        source = self._data.sources[number]
        others = neighbours(source, at)
        for attempt in range(_ATTEMPTS):
            instead = at
            if attempt:
                instead = others[_draw(self._seed, number, at, attempt, len(others))]
            try:
                with sample_at(f"data.{number}, sample {instead}"):
                    return self._objective.row(source[instead])
            except (SampleError, MediaError) as error:
                skipped.append(_plain(f"{error.message} ({error.where})"))
        return None


def _portable(error: Exception) -> SensoriumError:
    """One that another process can be sent, with its cause in the text."""
    kind = ConfigError if isinstance(error, ConfigError) else PluginError
    return kind(text_of(error))


def _plain(reason: str) -> str:
    """One line that any file and terminal takes, whatever the damaged record holds."""
    line = " ".join(reason.split())[:500]
    return line.encode("utf-8", "backslashreplace").decode()


def _draw(seed: int, number: int, at: int, attempt: int, size: int) -> int:
    return number_of(f"{seed} {number} {at} {attempt}") % size
