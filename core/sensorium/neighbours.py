"""What else a machine does while it is measured: whether the measurements can be trusted."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

import psutil

CALM_SCATTER = 2.0
"""Equal runs differ by less than this on an idle machine, also on a virtual one."""

_CALM_CORES = 0.25
"""Cores that the system itself and a desktop may take."""


@dataclass(frozen=True, slots=True)
class Disturbance:
    """What went on beside a measurement."""

    scatter: float
    """How many times as long as the quickest the usual run took, of whatever scattered most."""
    others: float | None
    """Cores that other processes used, and other machines took; None where that is not known."""
    cores: int
    """Cores that this process may use."""
    threads: int
    """Threads that were measured."""

    @property
    def busy(self) -> bool:
        """Whether the threads had to wait for others, so that what was measured is too slow."""
        crowded = (
            self.others is not None
            and self.others > max(self.cores - self.threads, 0) + _CALM_CORES
        )
        return crowded or self.scatter >= CALM_SCATTER

    def in_words(self) -> str:
        """`other work used 1.8 of 2 cores, and equal runs took up to 14 times as long as …`."""
        said = []
        if self.others is not None and self.others >= 0.05:
            said.append(f"other work used {self.others:.1f} of {self.cores} cores")
        if self.scatter >= 1.2:
            said.append(f"equal runs took up to {self.scatter:.3g} times as long as the quickest")
        return ", and ".join(said)


class Neighbours:
    """Watches from its making on what others take of the cores that this process may use."""

    def __init__(self) -> None:
        self._cores = _usable()
        self._began = time.perf_counter()
        self._before = self._seconds()

    def disturbance(self, scatter: float, threads: int) -> Disturbance:
        """What went on since, while equal runs of so many threads differed by `scatter`."""
        others = None
        now, wall = self._seconds(), time.perf_counter() - self._began
        if self._before is not None and now is not None and wall > 0:
            others = min(max(now - self._before, 0) / wall, len(self._cores))
        return Disturbance(scatter, others, len(self._cores), threads)

    def _seconds(self) -> float | None:
        """Seconds that the cores worked, this process left out."""
        try:
            each = psutil.cpu_times(percpu=True)
            busy = sum(_busy(each[core]) for core in self._cores)
            own = psutil.Process().cpu_times()
        except (OSError, IndexError, RuntimeError, psutil.Error):  # some containers hide it
            return None
        return busy - own.user - own.system


def _busy(times: object) -> float:
    names = ("user", "nice", "system", "irq", "softirq", "steal")
    return sum(float(getattr(times, name, 0)) for name in names)


def _usable() -> list[int]:
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return [*range(os.cpu_count() or 1)]
