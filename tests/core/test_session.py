"""KV that is kept gives what a cold reading gives, and is kept for whom it serves."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sensorium.errors import ContextLengthError
from sensorium.perception import Prompt
from sensorium.session import SessionPool
from sensorium.testing import FakeLanguageModel

LLM = FakeLanguageModel(context_length=64)


class CountingModel(FakeLanguageModel):
    """Counts the positions that its sessions read."""

    read = 0
    opened = 0

    def open_session(self):
        self.opened += 1
        session, model = super().open_session(), self
        append = session.append

        def counted(embeddings, *, last=1):
            model.read += len(embeddings)
            return append(embeddings, last=last)

        session.append = counted
        return session


def prompt(ids):
    return Prompt(LLM.embed(torch.tensor(ids, dtype=torch.int64)), tuple(ids))


def cold(ids):
    return LLM.open_session().append(prompt(ids).embeddings)[-1]


def generate(held, ids):
    """As the engine does: each token but the last enters the session."""
    for id_ in ids[:-1]:
        held.session.append(LLM.embed(torch.tensor([id_])))
    held.note(tuple(ids))


ids = st.lists(st.integers(0, 4), min_size=1, max_size=12)


@given(st.lists(st.tuples(ids, ids), min_size=1, max_size=10), st.integers(1, 3))
@settings(deadline=None)
def test_reuse_gives_the_logits_of_a_cold_reading(requests, size):
    pool = SessionPool(LLM, size)
    for asked, answered in requests:
        with pool.lease(prompt(asked)) as held:
            logits, reused = held.read(prompt(asked))
            torch.testing.assert_close(logits, cold(asked), atol=1e-5, rtol=1e-5)
            assert 0 <= reused < len(asked)
            assert tuple(held.keys) == tuple(asked)
            generate(held, answered)
            assert held.session.length == len(held.keys) == len(asked) + len(answered) - 1
        assert len(pool._idle) <= size


@given(ids, ids, ids)
@settings(deadline=None)
def test_a_conversation_that_goes_on_is_not_read_again(asked, answered, more):
    pool = SessionPool(LLM)
    with pool.lease(prompt(asked)) as held:
        held.read(prompt(asked))
        generate(held, answered)
    whole = [*asked, *answered, *more]
    with pool.lease(prompt(whole)) as held:
        logits, reused = held.read(prompt(whole))
        assert reused == len(asked) + len(answered) - 1
        torch.testing.assert_close(logits, cold(whole), atol=1e-5, rtol=1e-5)


def test_an_equal_prompt_reads_one_position():
    llm = CountingModel()
    pool = SessionPool(llm)
    for expected in (5, 6):
        with pool.lease(prompt([1, 2, 3, 4, 5])) as held:
            held.read(prompt([1, 2, 3, 4, 5]))
        assert llm.read == expected
    assert llm.opened == 1


def test_conversations_that_only_begin_alike_do_not_take_each_others_sessions():
    llm = CountingModel(context_length=512)
    pool = SessionPool(llm)
    said = {who: [9] * 6 + [who] * 20 for who in (1, 2, 3)}  # the same system text
    for turn in range(4):
        for who, asked in said.items():
            before = llm.read
            asked += [who] * 3
            with pool.lease(prompt(asked)) as held:
                held.read(prompt(asked))
            if turn:
                assert llm.read - before == 3
    assert llm.opened == 3


def test_at_most_size_sessions_are_kept_the_youngest():
    pool = SessionPool(LLM, size=2)
    for who in (1, 2, 3):
        with pool.lease(prompt([who] * 5)) as held:
            held.read(prompt([who] * 5))
    assert [held.keys[0] for held in pool._idle] == [2, 3]


@pytest.mark.parametrize("error", [RuntimeError, GeneratorExit, KeyboardInterrupt])
def test_a_session_in_an_unknown_state_is_dropped(error):
    pool = SessionPool(LLM)
    with pool.lease(prompt([1, 2, 3])) as held:
        held.read(prompt([1, 2, 3]))

    def fail():
        with pool.lease(prompt([1, 2, 3])) as held:
            held.session.append(prompt([7]).embeddings)  # not noted
            raise error

    with pytest.raises(error):
        fail()
    assert pool._idle == []
    with pool.lease(prompt([1, 2, 3, 7])) as held:
        torch.testing.assert_close(held.read(prompt([1, 2, 3, 7]))[0], cold([1, 2, 3, 7]))


def test_two_leases_at_once_are_two_sessions():
    pool = SessionPool(LLM)
    with pool.lease(prompt([1, 2])) as first, pool.lease(prompt([1, 2])) as second:
        assert first.session is not second.session
    assert len(pool._idle) == 2


@pytest.mark.parametrize("length", [64, 65, 1000])
def test_what_does_not_fit_is_refused_before_it_is_read(length):
    llm = CountingModel(context_length=64)
    pool = SessionPool(llm)
    with (
        pytest.raises(ContextLengthError, match=rf"takes {length} positions.*at most 63"),
        pool.lease(prompt([1] * length)),
    ):
        pass
    assert (llm.read, llm.opened) == (0, 0)
    with pool.lease(prompt([1] * 63)) as held:
        held.read(prompt([1] * 63))
