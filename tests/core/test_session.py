"""KV that is kept gives what a cold reading gives, and is kept for whom it serves."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sensorium.contracts import ForkableSession
from sensorium.errors import ContextLengthError
from sensorium.perception import Prompt
from sensorium.session import SessionPool
from sensorium.testing import FakeLanguageModel

LLM = FakeLanguageModel(context_length=64)


class UnforkableSession:
    """What a backend that cannot copy has."""

    def __init__(self, session):
        self._session = session
        self.append, self.truncate = session.append, session.truncate

    length = property(lambda self: self._session.length)
    nbytes = property(lambda self: self._session.nbytes)


class UnforkableModel(FakeLanguageModel):
    def open_session(self):
        return UnforkableSession(super().open_session())


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


def ask(pool, ids):
    """Read a prompt and leave; → positions reused."""
    with pool.lease(prompt(ids)) as held:
        return held.read(prompt(ids))[1]


def lengths(pool):
    return [len(held.keys) for held in pool._held]


ids = st.lists(st.integers(0, 4), min_size=1, max_size=12)
models = st.sampled_from([LLM, UnforkableModel(context_length=64)])
POSITION = 8 * 4  # bytes


@given(st.lists(st.tuples(ids, ids), min_size=1, max_size=10), st.integers(0, 60), models)
@settings(deadline=None)
def test_reuse_gives_the_logits_of_a_cold_reading(requests, positions, llm):
    pool = SessionPool(llm, positions * POSITION)
    for asked, answered in requests:
        with pool.lease(prompt(asked)) as held:
            logits, reused = held.read(prompt(asked))
            torch.testing.assert_close(logits, cold(asked), atol=1e-5, rtol=1e-5)
            assert 0 <= reused < len(asked)
            assert tuple(held.keys) == tuple(asked)
            generate(held, answered)
            assert held.session.length == len(held.keys) == len(asked) + len(answered) - 1
        assert pool.nbytes <= pool.max_bytes


class Stream:
    """One answer as the engine writes it: `steps` tokens, and then an end of some kind."""

    def __init__(self, pool, asked):
        self.asked, self.written = asked, []
        self._lease = pool.lease(prompt(asked))
        self.held = self._lease.__enter__()
        self.logits, _ = self.held.read(prompt(asked))

    def step(self):
        torch.testing.assert_close(
            self.logits, cold([*self.asked, *self.written]), atol=1e-5, rtol=1e-5
        )
        self.written.append(int(self.logits[:5].argmax()))
        self.logits = self.held.session.append(LLM.embed(torch.tensor(self.written[-1:])))[-1]

    def end(self, error=None):
        if error is None:
            self.held.note(tuple(self.written))
            self._lease.__exit__(None, None, None)
        else:
            self._lease.__exit__(error, error(), None)


events = st.one_of(
    st.tuples(st.just("ask"), ids),
    st.tuples(st.just("step"), st.integers(0, 3)),
    st.tuples(st.sampled_from([None, GeneratorExit, RuntimeError]), st.integers(0, 3)),
)


@given(st.lists(events, max_size=40), st.integers(0, 60), models)
@settings(deadline=None, max_examples=150)
def test_answers_at_once_broken_and_abandoned_never_meet(events, positions, llm):
    pool, streams = SessionPool(llm, positions * POSITION), []
    for kind, what in events:
        ended = kind not in ("ask", "step") and what < len(streams)
        if kind == "ask":
            streams.append(Stream(pool, what))
        elif what < len(streams) and kind == "step":
            streams[what].step()
        elif what < len(streams):
            streams.pop(what).end(kind)
        answering = {id(stream.held) for stream in streams}
        assert len(answering) == len(streams)
        assert answering == {id(held) for held in pool._held if held.leased}
        if ended and len(answering) < len(pool._held):
            assert pool.nbytes <= pool.max_bytes
        for held in pool._held:
            assert held.session.length >= len(held.keys)
    for stream in streams:
        stream.end()
    assert pool.nbytes <= pool.max_bytes


@given(ids, ids, ids, models)
@settings(deadline=None)
def test_a_conversation_that_goes_on_is_not_read_again(asked, answered, more, llm):
    pool = SessionPool(llm)
    with pool.lease(prompt(asked)) as held:
        held.read(prompt(asked))
        generate(held, answered)
    whole = [*asked, *answered, *more]
    with pool.lease(prompt(whole)) as held:
        logits, reused = held.read(prompt(whole))
        assert reused == len(asked) + len(answered) - 1
        torch.testing.assert_close(logits, cold(whole), atol=1e-5, rtol=1e-5)


@given(ids, ids, ids)
@settings(deadline=None)
def test_a_beginning_is_read_once_and_nobody_loses_by_it(beginning, one, other):
    pool = SessionPool(LLM)
    first, second = [*beginning, 5, *one, *range(6, 30)], [*beginning, 30, *other]
    ask(pool, first)
    assert ask(pool, second) == len(beginning)
    assert ask(pool, [*first, 9]) == len(first)
    assert ask(pool, [*second, 9]) >= len(second) - 1


def test_a_beginning_is_shared_with_who_is_still_answering():
    pool = SessionPool(LLM)
    with pool.lease(prompt([1, 2, 3, 4])) as first:
        first.read(prompt([1, 2, 3, 4]))
        for _ in range(3):
            first.session.append(prompt([5]).embeddings)  # not noted yet
        with pool.lease(prompt([1, 2, 3, 7])) as second:
            logits, reused = second.read(prompt([1, 2, 3, 7]))
            assert first.session is not second.session
            assert reused == 3
            torch.testing.assert_close(logits, cold([1, 2, 3, 7]))
        logits = first.session.append(prompt([6]).embeddings)[-1]
        torch.testing.assert_close(logits, cold([1, 2, 3, 4, 5, 5, 5, 6]))
        first.note((5, 5, 5))
    assert lengths(pool) == [7, 4]


def test_an_equal_prompt_reads_one_position():
    llm = CountingModel()
    pool = SessionPool(llm)
    for expected in (5, 6):
        ask(pool, [1, 2, 3, 4, 5])
        assert llm.read == expected
    assert llm.opened == 1


@pytest.mark.parametrize("base", [FakeLanguageModel, UnforkableModel])
def test_conversations_that_only_begin_alike_do_not_take_each_others_sessions(base):
    llm = base(context_length=512)
    pool = SessionPool(llm)
    said = {who: [9] * 6 + [who] * 20 for who in (1, 2, 3)}  # the same system text
    for turn in range(4):
        for who, asked in said.items():
            asked += [who] * 3
            reused = ask(pool, asked)
            if turn:
                assert reused == len(asked) - 3
    assert len(pool._held) == 3
    assert isinstance(pool._held[0].session, ForkableSession) == (base is FakeLanguageModel)


def test_the_oldest_are_dropped_when_memory_is_full():
    pool = SessionPool(LLM, 25 * POSITION)
    for who in (1, 2, 3):
        ask(pool, [who] * 10)
    assert [held.keys[0] for held in pool._held] == [2, 3]
    ask(pool, [2] * 11)
    ask(pool, [4] * 10)
    assert [held.keys[0] for held in pool._held] == [2, 4]


def test_one_too_large_to_keep_takes_no_others_place():
    pool = SessionPool(LLM, 25 * POSITION)
    ask(pool, [1] * 10)
    with pool.lease(prompt([2] * 30)) as held:
        held.read(prompt([2] * 30))
        assert len(pool._held) == 2
    assert [held.keys[0] for held in pool._held] == [1]


def test_a_copy_that_memory_has_no_room_for_is_not_made():
    """It would drop what it was copied from; so it may as well have that."""
    pool = SessionPool(LLM, 25 * POSITION)
    ask(pool, [1] * 20)
    session = pool._held[0].session
    ask(pool, [1] * 15 + [2] * 5)
    assert [held.session for held in pool._held] == [session]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_session_in_an_unknown_state_is_dropped(error):
    pool = SessionPool(LLM)
    ask(pool, [1, 2, 3])

    def fail():
        with pool.lease(prompt([1, 2, 3])) as held:
            held.session.append(prompt([7]).embeddings)  # not noted
            raise error

    with pytest.raises(error):
        fail()
    assert pool._held == []
    with pool.lease(prompt([1, 2, 3, 7])) as held:
        torch.testing.assert_close(held.read(prompt([1, 2, 3, 7]))[0], cold([1, 2, 3, 7]))


def test_of_an_abandoned_answer_the_question_is_kept():
    pool = SessionPool(LLM)
    stream = Stream(pool, [1, 2, 3])
    stream.step()  # not noted
    stream.end(GeneratorExit)
    assert lengths(pool) == [3] == [held.session.length for held in pool._held]
    with pool.lease(prompt([1, 2, 3, 7])) as held:
        logits, reused = held.read(prompt([1, 2, 3, 7]))
        assert reused == 3
        torch.testing.assert_close(logits, cold([1, 2, 3, 7]))


def test_the_garbage_collector_may_close_a_stream_while_the_pool_is_locked():
    pool = SessionPool(LLM)
    stream = Stream(pool, [1, 2, 3])
    with pool._lock:
        stream.end(GeneratorExit)
    assert [held.leased for held in pool._held] == [False]


def test_two_leases_at_once_are_two_sessions():
    pool = SessionPool(LLM)
    with pool.lease(prompt([1, 2])) as first, pool.lease(prompt([1, 2])) as second:
        assert first.session is not second.session
    assert len(pool._held) == 2


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


def test_more_sessions_than_anybody_comes_back_to_are_dropped_first():
    pool = SessionPool(LLM, max_sessions=3)
    for first in range(5):
        ask(pool, [first, 1, 2, 3])
    assert [held.keys[0] for held in pool._held] == [2, 3, 4]
    assert ask(pool, [2, 1, 2, 3]) == 3
    ask(pool, [5, 1, 2, 3])
    assert [held.keys[0] for held in pool._held] == [4, 2, 5]
    with pool.lease(prompt([6, 1])), pool.lease(prompt([7, 1])), pool.lease(prompt([8, 1])):
        assert sum(held.leased for held in pool._held) == 3
    assert len(pool._held) == 3


def test_what_a_session_takes_beside_its_kv_is_counted():
    pool = SessionPool(LLM, 1000, overhead=300)
    for first in range(4):
        ask(pool, [first, 1, 2, 3])
    each = 4 * POSITION + 300
    assert pool.nbytes == 2 * each <= 1000 < 3 * each
