"""Whose question is answered: one at a time, the rest wait in line.

A page has one question under way at most: whoever asks again, having cleared the conversation say,
wants the answer before no longer. All of it runs in the server's event loop; nothing here blocks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sensorium.errors import SensoriumError

LONGEST_LINE = 16
"""Questions under way and waiting; whoever comes then is asked to come again."""


class Turn:
    """One question, from when it was asked until its answer ended."""

    def __init__(self, turns: Turns, page: str, mark: str) -> None:
        self.page = page
        self.mark = mark
        """What the page calls this question by: it can stop no other."""
        self.stopped = False
        self.dropped = False
        """Besides `stopped`: the conversation went on without it, so nothing of it is shown."""
        self._turns = turns
        self._moved = asyncio.Event()
        self._on_stop: Callable[[], None] = lambda: None

    @property
    def place(self) -> int:
        """How many questions are answered first."""
        return self._turns.line.index(self)

    async def moved(self) -> None:
        """Wait until somebody before is through, or this one was stopped."""
        await self._moved.wait()
        self._moved.clear()

    def on_stop(self, stop: Callable[[], None]) -> None:
        """Have `stop` called; at once where the turn was stopped already."""
        self._on_stop = stop
        if self.stopped:
            stop()

    def stop(self, *, drop: bool = False) -> None:
        """No more of the answer; what was written stays on the page unless it is dropped."""
        self.stopped = True
        self.dropped = self.dropped or drop
        self._moved.set()
        self._on_stop()

    def end(self) -> None:
        """Leave the line: the next one moves up. Doing it twice is harmless."""
        if self in self._turns.line:
            self._turns.line.remove(self)
        for turn in self._turns.line:
            turn._moved.set()


class Turns:
    """The line in front of one model; the first in it is being answered."""

    def __init__(self, longest: int) -> None:
        self.line: list[Turn] = []
        self._longest = longest

    def begin(self, page: str, mark: str) -> Turn:
        """Stand in line in the place of the page's turn before; the caller has to `end()` it.

        Raises SensoriumError where the line is full.
        """
        for turn in [turn for turn in self.line if turn.page == page]:
            turn.stop(drop=True)
            turn.end()
        if len(self.line) >= self._longest:
            raise SensoriumError(
                "Too many people are asking just now.", hint="Try again in a moment."
            )
        self.line.append(turn := Turn(self, page, mark))
        return turn

    def stop(self, page: str, mark: str, *, drop: bool = False) -> None:
        """Stop the turn of that page and mark; nothing where it is over."""
        for turn in self.line:
            if (turn.page, turn.mark) == (page, mark):
                turn.stop(drop=drop)
