"""Where the time of an answer goes: at any moment it is one phase's, so that they add up."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass


@dataclass(frozen=True, slots=True)
class Phases:
    """Seconds of every phase of an answer; together they are all the time that it took."""

    hear: float = 0.0
    """Waiting for a transcriber, once what is seen was seen."""
    prepare: float = 0.0
    """A picture or a recording → what its encoder takes."""
    encode: float = 0.0
    project: float = 0.0
    prefill: float = 0.0
    """The language model reads what is new in the conversation."""
    first_text: float = 0.0
    """From there to the first text."""
    decode: float = 0.0
    """From the first text to the last."""
    rest: float = 0.0
    """Templates and tokens, waiting for other answers, and for whoever reads this one."""

    @property
    def total(self) -> float:
        """All of them."""
        seconds: float = sum(astuple(self))
        return seconds


class Stopwatch:
    """Runs from the start, in the phase `rest` where nothing else was said. For one thread."""

    def __init__(self) -> None:
        self._seconds = dict.fromkeys(Phases.__slots__, 0.0)
        self._phase = "rest"
        self._since = time.perf_counter()

    @property
    def phases(self) -> Phases:
        """Until now."""
        self._enter(self._phase)
        return Phases(**self._seconds)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """The block's time is this phase's, but for blocks of other phases within it."""
        before = self._enter(name)
        try:
            yield
        finally:
            self._enter(before)

    def _enter(self, name: str) -> str:
        before, now = self._phase, time.perf_counter()
        self._seconds[before] += now - self._since
        self._phase, self._since = name, now
        return before
