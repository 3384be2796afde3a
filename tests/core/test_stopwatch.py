"""Every moment is one phase's."""

from __future__ import annotations

from dataclasses import astuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sensorium import stopwatch
from sensorium.stopwatch import Phases, Stopwatch

NAMES = st.sampled_from(Phases.__slots__)
BLOCKS = st.recursive(
    st.just([]), lambda inner: st.lists(st.tuples(NAMES, inner), max_size=3), max_leaves=12
)


@given(BLOCKS)
def test_nested_blocks_take_their_time_from_those_around_them(blocks):
    now = 0.0
    spent = dict.fromkeys(Phases.__slots__, 0.0)

    def tick(phase):
        nonlocal now
        now += 1
        spent[phase] += 1

    def run(blocks, around):
        for name, inner in blocks:
            tick(around)
            with watch.phase(name):
                tick(name)
                run(inner, name)
            tick(around)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stopwatch.time, "perf_counter", lambda: now)
        watch = Stopwatch()
        run(blocks, "rest")
        phases = watch.phases
    assert phases == Phases(**spent)
    assert phases.total == now


def test_a_block_that_fails_gives_the_time_back():
    watch = Stopwatch()
    with pytest.raises(KeyError), watch.phase("encode"):
        raise KeyError
    before = watch.phases.encode
    assert watch.phases.encode == before > 0
    assert min(astuple(watch.phases)) == 0
