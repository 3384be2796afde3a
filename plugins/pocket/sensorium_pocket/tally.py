"""Right and total per group, for every evaluation of the pocket."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from sensorium import Score

Table = Mapping[str, Score]


class Tally:
    """Counts up; `table` is what was counted so far."""

    def __init__(self) -> None:
        self._right: dict[str, float] = defaultdict(float)
        self._total: dict[str, float] = defaultdict(float)

    def add(self, group: str, right: float, total: float = 1) -> None:
        """So much was right, of so much."""
        self._right[group] += right
        self._total[group] += total

    def table(self) -> Table:
        """Groups in the order in which they were first added."""
        return {group: Score(self._right[group], self._total[group]) for group in self._total}
