"""Turns, pictures, threads and odd text on a real (tiny) CLIP and a real (tiny) Phi."""

from __future__ import annotations

import itertools
import threading
import time

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sensorium import GenerationOptions, Message
from sensorium.errors import ContextLengthError
from sensorium.generation import generate
from sensorium.perception import Prompt
from sensorium.render import render, stop_ids
from sensorium_llm_phi2.template import LLAVA_PHI


@pytest.fixture
def engine(compose):
    return compose()


def count_encodings(engine, monkeypatch):
    encoder = engine.pipeline.senses["image"].encoder
    counted, encode = [], encoder.encode
    monkeypatch.setattr(
        encoder, "encode", lambda batch: counted.append(len(batch)) or encode(batch)
    )
    return counted


def cold_ids(engine, messages):
    """The greedy tokens of an empty session that reads the whole conversation at once."""
    pipeline = engine.pipeline
    pieces = render(messages, pipeline.template, pipeline.llm.tokenizer)
    prompt = pipeline.perception.perceive(pieces)
    session = pipeline.llm.open_session()
    logits = session.append(prompt.embeddings)[-1]
    stops = stop_ids(pipeline.template, pipeline.llm.tokenizer)
    steps = generate(pipeline.llm, session, logits, pipeline.generation, stops, lambda: False)
    return [*steps][-1].ids


def warm_ids(engine, messages, monkeypatch):
    noted = []
    from sensorium.session import HeldSession

    note = HeldSession.note
    with monkeypatch.context() as patch:
        patch.setattr(HeldSession, "note", lambda held, ids: noted.append(ids) or note(held, ids))
        answer = engine.ask(messages)
    return noted[0], answer


def test_kept_kv_gives_the_tokens_of_a_cold_run(engine, pictures, monkeypatch):
    said = []
    reused = []
    for question in ([pictures[0], "What is it?"], ["Where?"], [pictures[1], "And it?"], ["So?"]):
        said.append(Message.user(*question))
        ids, answer = warm_ids(engine, said, monkeypatch)
        assert ids == cold_ids(engine, said)
        reused.append(answer.usage.reused)
        said.append(Message.assistant(answer.text))
    assert reused[0] == 0
    assert all(later > earlier + 5 for earlier, later in itertools.pairwise(reused))


def test_an_edited_conversation_is_read_anew_from_the_edit(engine, pictures, monkeypatch):
    said = [Message.user(pictures[0], "What is it?"), Message.assistant("Two cats."), None]
    for first, last in ((0, "Where?"), (0, "Which?"), (1, "Which?"), (0, "Where?")):
        said[0] = Message.user(pictures[first], "What is it?")
        said[2] = Message.user(last)
        assert warm_ids(engine, said, monkeypatch)[0] == cold_ids(engine, said)


def test_a_second_question_about_a_picture_does_not_encode_it_again(engine, pictures, monkeypatch):
    counted = count_encodings(engine, monkeypatch)
    said = [Message.user(pictures[0], "What is it?")]
    said.append(Message.assistant(engine.ask(said).text))
    engine.ask([*said, Message.user("And where?")])  # the same conversation
    engine.ask([Message.user(pictures[0], "Is it big?")])  # and a new one
    assert counted == [1]
    engine.ask([Message.user(pictures[0], pictures[1], pictures[2], pictures[1], "Which?")])
    assert counted == [1, 2]  # the new ones, in one batch


def test_text_only_and_several_pictures(engine, pictures):
    alone = engine.ask([Message.user("What is it?")])
    assert alone.usage.prompt > 10
    grid = 16
    one = engine.ask([Message.user(pictures[0], "What is it?")])
    three = engine.ask([Message.user(*pictures, "What is it?")])
    assert three.usage.prompt == one.usage.prompt + 2 * grid
    swapped = engine.ask([Message.user(*pictures[::-1], "What is it?")])
    assert swapped.usage.prompt == three.usage.prompt


def test_the_order_of_pictures_matters(engine, pictures):
    def logits(*media):
        pieces = render([Message.user(*media, "?")], LLAVA_PHI, engine.pipeline.llm.tokenizer)
        prompt = engine.pipeline.perception.perceive(pieces)
        return engine.pipeline.llm.open_session().append(prompt.embeddings)[-1]

    seen = logits(*pictures)
    torch.testing.assert_close(logits(*pictures), seen)
    for other in (pictures[::-1], pictures[:2], [pictures[0]] * 3):
        other_logits = logits(*other)
        assert (other_logits - seen).abs().max() > 1e-3


ids = st.lists(st.integers(0, 300), min_size=1, max_size=20)


@given(st.lists(st.tuples(ids, ids), min_size=1, max_size=4))
@settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_reused_kv_gives_the_logits_of_a_cold_reading(engine, requests):
    """Over any edit of the key sequence: a common beginning and a new rest."""
    llm, pool = engine.pipeline.llm, engine.sessions
    for beginning, rest in requests:
        keys = (*requests[0][0], *beginning, *rest)
        prompt = Prompt(llm.embed(torch.tensor(keys)).detach(), keys)
        with pool.lease(prompt) as held:
            logits, _ = held.read(prompt)
        cold = llm.open_session().append(prompt.embeddings)[-1]
        torch.testing.assert_close(logits, cold, atol=2e-4, rtol=2e-4)


def test_two_threads_get_the_answers_they_would_get_alone(compose, pictures):
    asked = [[Message.user(pictures[n], f"What is it? {n}")] for n in range(3)]
    expected = [compose().ask(one).text for one in asked]
    engine, wrong = compose(), []

    def work(number):
        for turn in range(4):
            got = engine.ask(asked[(number + turn) % 3]).text
            if got != expected[(number + turn) % 3]:
                wrong.append((number, turn, got))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong


def test_two_streams_read_in_turn(compose, pictures):
    options = GenerationOptions(max_tokens=20)
    asked = [[Message.user(pictures[n], "What is it?")] for n in range(2)]
    expected = ["".join(compose().stream(one, options)) for one in asked]
    engine = compose()
    streams = [iter(engine.stream(one, options)) for one in asked]
    texts = ["", ""]
    open_streams = [0, 1]
    while open_streams:
        for number in list(open_streams):
            text = next(streams[number], None)
            if text is None:
                open_streams.remove(number)
            else:
                texts[number] += text
    assert texts == expected


@pytest.mark.parametrize("letter", ["x", "\ud800", "\0", "<|endoftext|>"])
def test_a_megabyte_is_refused_at_once(engine, letter):
    began = time.monotonic()
    with pytest.raises(ContextLengthError):
        engine.ask([Message.user(letter * (10**6 // len(letter)))])
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("text", ["\ud800", "\0", "a\0\udc00b" * 20, "", " " * 90])
def test_odd_text_is_answered(engine, text):
    assert engine.ask([Message.user(text)]).finish_reason in {"stop", "length"}


def test_the_largest_text_that_is_tokenised_takes_less_than_two_seconds(engine):
    from sensorium.engine import CHARACTERS_PER_TOKEN

    text = "ab" * (2048 * CHARACTERS_PER_TOKEN // 2)  # Phi-2's context
    began = time.process_time()
    engine.pipeline.llm.tokenizer.encode(text)
    assert time.process_time() - began < 2


def test_a_conversation_that_does_not_fit_leaves_the_engine_usable(engine, pictures):
    with pytest.raises(ContextLengthError, match="at most 399"):
        engine.ask([Message.user(pictures[0], "What is it? " * 200)])
    whole = engine.ask([Message.user("x " * 120)], GenerationOptions(max_tokens=10_000))
    assert whole.usage.prompt + whole.usage.completion <= 401
    assert engine.ask([Message.user("hi")]).usage.completion > 0


def test_markers_in_text_are_text(engine, pictures):
    """`<image>` and the end token, typed by a person, are neither."""
    plain = engine.ask([Message.user("a b")]).usage.prompt
    tokenizer = engine.pipeline.llm.tokenizer
    for marker in ("<image>", "<|endoftext|>"):
        prompt = engine.ask([Message.user(f"a {marker} b")]).usage.prompt
        longer = len(tokenizer.encode(f" USER: a {marker} b")) - len(tokenizer.encode(" USER: a b"))
        assert prompt == plain + longer
        assert tokenizer.control("<|endoftext|>") not in tokenizer.encode(marker)


def test_sampling_with_a_seed_repeats(compose, pictures):
    options = GenerationOptions(max_tokens=12, temperature=1.2, top_p=0.9, seed=7)
    said = [Message.user(pictures[0], "What is it?")]
    first = compose().ask(said, options)
    engine = compose()
    assert engine.ask(said, options).text == first.text
    assert engine.ask(said, options).text == first.text  # from kept KV
    other = options.model_copy(update={"seed": 8})
    assert engine.ask(said, other).text != first.text


def test_a_new_conversation_about_a_picture_reads_only_its_question(engine, pictures, monkeypatch):
    first = [Message.user(pictures[0], "What is it?")]
    answer = engine.ask(first)
    other = [Message.user(pictures[0], "Where?")]
    ids, new = warm_ids(engine, other, monkeypatch)
    assert ids == cold_ids(engine, other)
    # System text, role and picture were read for the first one.
    tokenizer = engine.pipeline.llm.tokenizer
    assert new.usage.prompt - new.usage.reused <= len(tokenizer.encode("\nWhere? ASSISTANT:"))
    # And that still has all of its own.
    first += [Message.assistant(answer.text), Message.user("So?")]
    ids, goes_on = warm_ids(engine, first, monkeypatch)
    assert ids == cold_ids(engine, first)
    assert goes_on.usage.reused >= answer.usage.prompt


actions = st.tuples(
    st.integers(0, 2),  # whose conversation
    st.sampled_from(["ask", "again", "edit", "begin", "go on", "abandon"]),
    st.lists(st.integers(0, 2), max_size=2),  # pictures
    st.sampled_from(["What is it?", "What?", "Where is it?"]),
)


@given(st.lists(actions, min_size=2, max_size=8), st.sampled_from([0, 1, 1024]))
@settings(deadline=None, max_examples=25)
def test_however_people_talk_they_get_the_answers_of_a_cold_run(
    compose, pictures, actions, megabytes
):
    """Pictures shared, questions edited and asked again, streams at once and abandoned."""
    engine, forgetful = compose({"kept_megabytes": megabytes}), compose({"kept_megabytes": 0})
    talks, streams = {}, {}
    for who, action, shown, question in actions:
        said = talks.setdefault(who, [])
        if action == "go on" and who in streams:
            text, stream = streams.pop(who)
            assert text + "".join(stream) == "".join(forgetful.stream(stream.messages))
        elif action == "abandon" and who in streams:
            iter(streams.pop(who)[1]).close()
        elif action == "begin" and who not in streams:
            stream = engine.stream([*said, Message.user(*[pictures[n] for n in shown], question)])
            streams[who] = next(iter(stream), ""), stream
        else:
            back = {"again": 1, "edit": 2}.get(action, 0)  # messages to take back
            del said[max(len(said) - back, 0) :]
            if not said or said[-1].role == "assistant":
                said.append(Message.user(*[pictures[n] for n in shown], question))
            answer = engine.ask(said)
            cold = forgetful.ask(said)
            assert (answer.text, answer.usage.completion) == (cold.text, cold.usage.completion)
            said.append(Message.assistant(answer.text))
        assert engine.sessions.nbytes <= engine.sessions.max_bytes or streams
