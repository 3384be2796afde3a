"""How far a run is, how fast, and for how long still."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta


class Progress:
    """Counts answers; the rate is that of this run, answers found in the cache left out."""

    every_seconds = 10.0
    """Between two lines, for whoever shows them."""

    def __init__(
        self, total: int, found: int, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._total = total
        self._found = found
        self._clock = clock
        self._began = clock()
        self._answered = self._failed = self._retries = 0
        self._trouble = ""

    def answered(self) -> None:
        """One more answer."""
        self._answered += 1

    def retried(self, reason: str) -> None:
        """One more attempt that failed."""
        self._retries += 1
        self._trouble = reason

    def failed(self, reason: str) -> None:
        """One more sample without an answer."""
        self._failed += 1
        self._trouble = reason

    def line(self) -> str:
        """`120/1,000 answers (12%), 3.4/s, 0:04:19 left, 3 retries, last: HTTP 500`."""
        done = self._found + self._answered
        parts = [f"{done:,}/{self._total:,} answers ({100 * done // self._total}%)"]
        rate = self._answered / max(self._clock() - self._began, 1e-9)
        if self._answered:
            parts.append(f"{rate:.3g}/s" if rate < 100 else f"{rate:,.0f}/s")
            left = self._total - done - self._failed
            if left:
                parts.append(f"{timedelta(seconds=round(left / rate))} left")
        elif self._found:
            parts.append("from the cache")
        if self._failed:
            parts.append(f"{self._failed:,} failed")
        if self._retries:
            parts.append(f"{self._retries:,} retries")
        if self._trouble:
            parts.append(f"last: {self._trouble}")
        return ", ".join(parts)
