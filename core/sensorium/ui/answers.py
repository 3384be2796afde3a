"""Answers to a page's visitors, in turn: what the conversation looks like meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from sensorium.errors import SensoriumError

from .answering import Writing, explain, small_print
from .conversation import (
    LOST_FILES,
    Shown,
    answer,
    heard,
    note,
    problem,
    to_messages,
    under_way,
    without_lost,
)
from .settings import Settings
from .turns import LONGEST_LINE, Turn, Turns

STOPPED = "Stopped."


class Answers:
    """One answer at a time; `turns` is who waits for one."""

    def __init__(self, settings: Settings) -> None:
        self.turns = Turns(LONGEST_LINE)
        self._settings = settings

    async def to(
        self, history: Sequence[Shown], values: Sequence[Any], page: str, mark: str
    ) -> AsyncGenerator[list[Shown] | None, None]:
        """Answer the last message of `history`: states of the page, at least one.

        `values` are those of the settings. Whatever fails is a sentence in the last state, which
        is None where the conversation went on without this answer.
        """
        try:
            turn = self.turns.begin(page, mark)
        except SensoriumError as error:
            yield [*history, problem(explain(error))]
            return
        state = [*history]
        try:
            yield [*history, under_way(mark)]
            async with aclosing(self._states(history, values, turn)) as states:
                async for state in states:
                    if not turn.stopped:
                        yield [*state, under_way(mark, turn.place)]
        except Exception as error:  # noqa: BLE001 - whatever it is, the page says so in words
            state = [*state, problem(explain(error))]
        finally:
            # Before the last state, after which the visitor may ask again.
            turn.end()
        stopped = [note(STOPPED)] if turn.stopped else []
        yield None if turn.dropped else [*state, *stopped]

    async def _states(
        self, history: Sequence[Shown], values: Sequence[Any], turn: Turn
    ) -> AsyncGenerator[list[Shown], None]:
        options, system = self._settings.read(values)
        while turn.place and not turn.stopped:
            yield [*history]
            await turn.moved()
        kept = without_lost(history)
        messages = await asyncio.to_thread(to_messages, kept, system)
        writing = Writing(self._settings.engine, messages, options)
        turn.on_stop(writing.stop)
        async with aclosing(aiter(writing)) as texts:
            async for text in texts:
                said = [answer(text)] if text else []
                yield [*history, *heard(writing.stream.transcripts), *said]
        if not turn.stopped:
            whole = writing.stream.answer
            lost = [note(LOST_FILES)] if len(kept) < len(history) else []
            said = [*heard(whole.transcripts), answer(whole.text)]
            yield [*history, *said, *lost, note(small_print(whole))]
