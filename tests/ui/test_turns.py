"""Who is answered when: one at a time, in order, and a page has one turn at most."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sensorium.errors import SensoriumError
from sensorium.ui.turns import Turn, Turns


def places(turns: Turns) -> list[tuple[str, int]]:
    return [(turn.page, turn.place) for turn in turns.line]


def test_the_line_moves_up() -> None:
    async def wait() -> None:
        turns = Turns(9)
        first, second, third = (turns.begin(page, "1") for page in "abc")
        assert places(turns) == [("a", 0), ("b", 1), ("c", 2)]
        waiting = asyncio.ensure_future(third.moved())
        first.end()
        first.end()
        await asyncio.wait_for(waiting, 1)
        assert (second.place, third.place) == (0, 1)

    asyncio.run(wait())


def test_a_full_line_is_said_and_asking_again_needs_no_second_place() -> None:
    turns = Turns(longest=2)
    before = turns.begin("a", "1")
    turns.begin("b", "1")
    with pytest.raises(SensoriumError, match="Too many people"):
        turns.begin("c", "1")
    after = turns.begin("a", "2")
    assert before.dropped
    assert not after.stopped
    assert places(turns) == [("b", 0), ("a", 1)]


def test_stopping_is_heard_whenever_it_comes_and_for_that_question_alone() -> None:
    async def stop() -> None:
        turns = Turns(9)
        turns.begin("a", "0")
        turn = turns.begin("b", "1")
        heard: list[str] = []
        for page, mark in (("a", "1"), ("b", "0"), ("c", "1"), ("b", "")):
            turns.stop(page, mark)
        assert not turn.stopped
        turn.on_stop(lambda: heard.append("before"))
        turns.stop("b", "1")
        await asyncio.wait_for(turn.moved(), 1)
        turn.on_stop(lambda: heard.append("after"))
        assert heard == ["before", "after"]
        assert turn.stopped
        assert not turn.dropped
        turns.stop("b", "1", drop=True)
        assert turn.dropped

    asyncio.run(stop())


steps = st.lists(
    st.tuples(st.sampled_from(["begin", "stop", "drop", "end"]), st.sampled_from("abcd")),
    max_size=40,
)


@given(steps)
def test_whatever_happens_a_page_stands_in_line_once_and_whoever_is_first_was_there_longest(
    taken: list[tuple[str, str]],
) -> None:
    turns, begun, newest = Turns(longest=3), list[Turn](), dict[str, Turn]()
    for number, (step, page) in enumerate(taken):
        if step == "begin":
            try:
                begun.append(turns.begin(page, str(number)))
                newest[page] = begun[-1]
            except SensoriumError:
                assert len(turns.line) == 3
        elif page in newest and step == "end":
            newest[page].end()
        elif page in newest:
            turns.stop(page, newest[page].mark, drop=step == "drop")
        assert len({turn.page for turn in turns.line}) == len(turns.line) <= 3
        assert turns.line == [turn for turn in begun if turn in turns.line]
        assert [turn.place for turn in turns.line] == list(range(len(turns.line)))
