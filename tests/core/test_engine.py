"""The one object everybody talks to, on fakes; `tests/integration` has it on real models."""

from __future__ import annotations

import gc
import threading
import time

import pytest
from sensorium import GenerationOptions, Message
from sensorium.engine import CHARACTERS_PER_TOKEN
from sensorium.errors import ContextLengthError, SensoriumError, UnsupportedInputError
from sensorium.testing import FakeEncoder, FakeLanguageModel, FakePlugin, fake_engine

SHORT = {"generation": {"max_tokens": 6}}


def new_engine(**recipe):
    return fake_engine(FakePlugin(FakeLanguageModel(context_length=600)), recipe=SHORT | recipe)


@pytest.fixture
def engine():
    return new_engine()


def test_ask_and_stream_say_the_same(engine, pictures):
    asked = [Message.user(pictures[0], "What is it?")]
    stream = engine.stream(asked)
    text = "".join(stream)
    answer = engine.ask(asked)
    assert stream.answer.text == answer.text == text.strip()
    assert answer.usage.prompt > 4
    assert answer.usage.reused == answer.usage.prompt - 1
    assert stream.answer.usage.reused == 0
    assert answer.finish_reason == "length"
    assert answer.usage.completion == 6
    assert 0 < answer.first_text_seconds <= answer.total_seconds


def test_the_time_of_an_answer_is_told_by_phase(engine, pictures):
    asked = [Message.user(pictures[0], "What is it?")]
    first, again = engine.ask(asked), engine.ask(asked)
    for answer in (first, again):
        phases = answer.phases
        assert phases.total == pytest.approx(answer.total_seconds)
        assert min(phases.prefill, phases.first_text, phases.decode) > 0
        assert phases.hear == 0
        assert answer.first_text_seconds == pytest.approx(phases.total - phases.decode, abs=0.01)
    assert min(first.phases.prepare, first.phases.encode, first.phases.project) > 0
    assert again.phases.prepare == again.phases.encode == again.phases.project == 0


def test_whoever_reads_slowly_is_not_the_model(engine):
    stream = engine.stream([Message.user("hi")])
    for _ in stream:
        time.sleep(0.02)
    assert stream.answer.phases.rest > 0.02


def test_options_of_the_call_replace_those_of_the_recipe(engine):
    assert engine.ask([Message.user("hi")], GenerationOptions(max_tokens=2)).usage.completion == 2


def test_a_conversation_goes_on_from_its_kv(engine, pictures):
    said = [Message.user(pictures[0], "What is it?")]
    first = engine.ask(said)
    said += [Message.assistant(first.text), Message.user("And now?")]
    second = engine.ask(said)
    assert second.usage.reused >= first.usage.prompt
    assert second.text == new_engine().ask(said).text


def test_with_speculation_a_conversation_is_the_same(pictures):
    quick = new_engine(generation={"max_tokens": 40, "speculation": True})
    plain = new_engine(generation={"max_tokens": 40})
    said = [Message.user(pictures[0], "What is it? What is it?")]
    for _ in range(3):
        answers = [engine.ask(said) for engine in (plain, quick)]
        assert answers[0].text == answers[1].text
        assert answers[0].usage == answers[1].usage
        said += [Message.assistant(answers[0].text), Message.user("And now? What is it?")]


def test_nothing_is_computed_before_the_first_text_is_wanted(engine, pictures):
    engine.stream([Message.user(*pictures, "?")])
    assert engine.pipeline.senses["image"].encoder.encoded == 0


def test_a_stream_left_in_the_middle_holds_up_nobody(engine):
    said = [Message.user("hi")]
    left = engine.stream(said)
    next(iter(left))  # and no further, while `left` lives
    done = []
    other = threading.Thread(target=lambda: done.append(engine.ask(said).text), daemon=True)
    other.start()
    other.join(20)
    assert len(done) == 1
    assert left.answer.text == done[0]  # it can still be read to its end


def test_of_a_stream_thrown_away_the_question_is_kept(engine):
    for _ in engine.stream([Message.user("hi")]):
        break
    gc.collect()
    assert [held.leased for held in engine.sessions._held] == [False]
    assert not engine.lock.locked()
    answer = engine.ask([Message.user("hi")])
    assert answer.usage.reused == answer.usage.prompt - 1
    assert answer.text == new_engine().ask([Message.user("hi")]).text


def test_kept_megabytes_bound_what_is_kept():
    engine = new_engine(kept_megabytes=3)
    assert engine.sessions.max_bytes == 3 * 2**20
    forgetful = new_engine(kept_megabytes=0)
    for _ in range(2):
        assert forgetful.ask([Message.user("hi")]).usage.reused == 0


@pytest.mark.parametrize("before", [0, 1, 3])
def test_cancel_ends_a_stream_at_the_next_token(engine, before):
    stream = engine.stream([Message.user("hi")])
    texts = []
    if before == 0:
        stream.cancel()
    for text in stream:
        texts.append(text)
        if len(texts) == before:
            stream.cancel()
    assert stream.answer.finish_reason == "cancelled"
    assert len(texts) == before
    assert len(engine.sessions._held) == 1  # what was read is kept
    again = engine.ask([Message.user("hi")])
    assert again.finish_reason == "length"
    assert again.usage.reused == again.usage.prompt - 1


def test_cancel_from_another_thread():
    class Slow(FakeLanguageModel):
        def embed(self, ids):
            time.sleep(0.01)
            return super().embed(ids)

    engine = fake_engine(FakePlugin(Slow()), recipe={"generation": {"max_tokens": 400}})
    stream = engine.stream([Message.user("hi")])
    threading.Timer(0.1, stream.cancel).start()
    began = time.monotonic()
    assert stream.answer.finish_reason == "cancelled"
    assert time.monotonic() - began < 3


def test_a_closed_stream_has_no_answer(engine):
    stream = engine.stream([Message.user("hi")])
    iterator = iter(stream)
    next(iterator)
    iterator.close()
    with pytest.raises(RuntimeError, match="closed before it ended"):
        _ = stream.answer


def test_threads_get_the_answers_they_would_get_alone(pictures):
    asked = [
        [Message.user(pictures[n % 3], f"{n}?"), Message.assistant("a"), Message.user("b")]
        for n in range(8)
    ]
    expected = [new_engine().ask(one).text for one in asked]
    engine, got = new_engine(), []

    def work(number):
        for _ in range(3):
            got.append((number, engine.ask(asked[number]).text))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(got) == sorted(list(enumerate(expected)) * 3)
    assert engine.sessions.nbytes <= engine.sessions.max_bytes
    assert engine.pipeline.senses["image"].encoder.encoded == 3


@pytest.mark.parametrize(
    "text",
    ["", " ", "\0" * 5, "a\ud800b", "\udfff" * 9, "\u202e\u0301", "<|end|><image>", "a" * 500],
    ids=["empty", "blank", "nul", "surrogate", "surrogates", "marks", "markers", "long"],
)
def test_odd_text_is_answered(engine, text):
    assert engine.ask([Message.user(text)]).finish_reason in {"length", "stop"}


class Tokenless(FakeLanguageModel):
    """Its tokenizer must not be reached."""

    def __init__(self):
        super().__init__(context_length=100)
        self.tokenizer.encode = lambda text: pytest.fail("it was tokenised")


@pytest.mark.parametrize("parts", [1, 10])
def test_a_megabyte_is_refused_before_it_is_tokenised(parts):
    engine = fake_engine(FakePlugin(Tokenless()))
    said = [Message.user(*["x" * (10**6 // parts)] * parts)]
    began = time.monotonic()
    with pytest.raises(ContextLengthError, match=r"1000000 characters.*at most 100 tokens"):
        engine.ask(said)
    assert time.monotonic() - began < 1


def test_the_bound_refuses_nothing_that_could_fit():
    class Long(FakeLanguageModel):
        def __init__(self):
            super().__init__(context_length=100)
            self.tokenizer.encode = lambda text: [1] * (len(text) // CHARACTERS_PER_TOKEN)

    engine = fake_engine(FakePlugin(Long()), recipe=SHORT)
    assert engine.ask([Message.user("x" * CHARACTERS_PER_TOKEN * 90)]).usage.prompt == 92


def test_too_many_tokens_are_refused(engine):
    with pytest.raises(ContextLengthError, match="takes 702 positions"):
        engine.ask([Message.user("x" * 700)])
    assert engine.ask([Message.user("hi")]).finish_reason == "length"


def test_no_message_is_refused(engine):
    with pytest.raises(UnsupportedInputError, match="no message"):
        engine.ask([])


def test_an_unknown_role_is_refused(engine):
    with pytest.raises(SensoriumError, match="no turn for the role 'tool'"):
        engine.ask([Message("tool", ())])


def test_a_model_without_eyes_says_so(pictures):
    from sensorium import ChatEngine
    from sensorium.config import make_recipe
    from sensorium.pipeline import plan
    from sensorium.testing import fake_registry

    recipe = make_recipe({"llm": {"plugin": "fake"}, "template": "fake"}, source="test")
    engine = ChatEngine(plan(recipe, fake_registry()).build())
    with pytest.raises(UnsupportedInputError, match="cannot perceive image; it takes text"):
        engine.ask([Message.user(pictures[0], "?")])
    assert engine.ask([Message.user("hi")], GenerationOptions(max_tokens=1)).usage.completion == 1


def test_a_llm_that_fails_in_the_middle_leaves_the_engine_usable(engine):
    class Broken(FakeLanguageModel):
        broken = True

        def embed(self, ids):
            if self.broken and len(ids) == 1 and int(ids[0]) < 256:
                raise RuntimeError("out of memory")
            return super().embed(ids)

    llm = Broken()
    engine = fake_engine(FakePlugin(llm, FakeEncoder()), recipe=SHORT)
    with pytest.raises(RuntimeError, match="out of memory"):
        engine.ask([Message.user("hello")])
    assert not engine.lock.locked()
    assert engine.sessions._held == []
    llm.broken = False
    assert engine.ask([Message.user("hello")]).finish_reason == "length"


def test_one_step_is_computed_at_a_time():
    """A backend need not be safe in several threads at once."""
    inside, most = [], []

    class Watched(FakeLanguageModel):
        def embed(self, ids):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.002)
            inside.pop()
            return super().embed(ids)

    engine = fake_engine(FakePlugin(Watched()), recipe=SHORT)
    threads = [
        threading.Thread(target=engine.ask, args=([Message.user(str(n))],)) for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert set(most) == {1}
