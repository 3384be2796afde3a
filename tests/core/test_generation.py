"""Sampling does what its options say; text streams whole, without stop texts or half letters."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sensorium import GenerationOptions
from sensorium.generation import Sampler, TextWriter, generate
from sensorium.testing import FakeLanguageModel, FakeSession, FakeTokenizer


def sampler(**options):
    return Sampler(GenerationOptions(**options))


def often(sample, logits, previous=(), times=300):
    counts = torch.zeros(len(logits))
    for _ in range(times):
        counts[sample(logits, previous)] += 1
    return counts / times


def test_greedy_takes_the_largest_whatever_the_seed():
    logits = torch.randn(50, generator=torch.Generator().manual_seed(1))
    for seed in (None, 1, 2):
        assert sampler(seed=seed)(logits, ()) == int(logits.argmax())


def test_a_seed_repeats_and_another_differs():
    logits = torch.zeros(1000)

    def draw(seed):
        sample = sampler(temperature=1, seed=seed)
        return [sample(logits, ()) for _ in range(8)]

    assert draw(3) == draw(3)
    assert draw(3) != draw(4)
    assert draw(None) != draw(None)


def test_sampling_leaves_the_global_generator_alone():
    before = torch.get_rng_state()
    often(sampler(temperature=1), torch.zeros(5), times=3)
    assert torch.equal(before, torch.get_rng_state())


def test_temperature_scales_the_logits():
    logits = torch.tensor([0.0, 1.0])
    for temperature in (0.5, 1.0, 2.0):
        seen = often(sampler(temperature=temperature, seed=0), logits, times=2000)[1]
        assert seen.item() == pytest.approx(1 / (1 + math.exp(-1 / temperature)), abs=0.04)


@pytest.mark.parametrize("temperature", [5e-324, 1e-45, 1e-30, 1e-3])
def test_a_temperature_near_zero_is_greedy(temperature):
    assert sampler(temperature=temperature)(torch.tensor([1.0, 900.0, -900.0]), ()) == 1


@pytest.mark.parametrize(
    ("top_p", "kept"),
    [(1e-9, 1), (0.49, 1), (0.51, 2), (0.79, 2), (0.81, 3), (0.94, 3), (0.96, 4), (1, 4)],
)
def test_top_p_keeps_the_token_that_crosses(top_p, kept):
    chances = torch.tensor([0.05, 0.5, 0.3, 0.15], dtype=torch.float64)
    order = [1, 2, 3, 0]
    seen = often(sampler(temperature=1, top_p=top_p, seed=0), chances.log(), times=400)
    assert {index for index in range(4) if seen[index]} == set(order[:kept])


def test_repetition_penalty_pushes_both_signs_down_and_only_what_was_said():
    logits = torch.tensor([2.0, 1.5, -1.0, -1.2])
    held = logits.clone()
    assert sampler(repetition_penalty=1.5)(logits, ()) == 0
    assert sampler(repetition_penalty=1.5)(logits, [0, 0]) == 1
    assert sampler(repetition_penalty=1.5)(torch.tensor([-1.0, -1.2]), [0]) == 1
    assert torch.equal(logits, held)  # not changed in place


@pytest.mark.parametrize(
    "options",
    [
        {"max_tokens": 0},
        {"max_tokens": -1},
        {"max_tokens": 10**9},
        {"temperature": math.nan},
        {"temperature": math.inf},
        {"temperature": -0.1},
        {"top_p": 0},
        {"top_p": math.nan},
        {"repetition_penalty": 0},
        {"seed": -1},
        {"seed": 2**63},
        {"stop": ("x",) * 17},
        {"temprature": 1},
    ],
)
def test_options_out_of_range_are_refused(options):
    with pytest.raises(ValidationError):
        GenerationOptions(**options)


# --- text ---

letters = st.text(alphabet="abß€😀 \n", max_size=14)
stops = st.lists(st.text(alphabet="abß€😀", min_size=1, max_size=4), max_size=3)


def first_stop(text, stop):
    """Where the stop text begins that is complete first."""
    ends = [(text.find(one) + len(one), text.find(one)) for one in stop if one in text]
    return min(ends)[1] if ends else None


@given(letters, stops)
@example("ab", ["b", "ab"])
@example("a€", ["a€"])
@example("a😀b", ["😀b"])
@settings(deadline=None, max_examples=300)
def test_steps_join_to_the_text_before_the_stop(text, stop):
    """One token is one byte, so every letter and every stop text is split."""
    writer = TextWriter(FakeTokenizer(), stop)
    steps = []
    for byte in text.encode():
        steps.append(writer.push(byte))
        if writer.stopped:
            break
    steps.append(writer.flush())
    at = first_stop(text, stop)
    assert writer.stopped == (at is not None)
    assert "".join(steps) == (text if at is None else text[:at])
    assert "\ufffd" not in "".join(steps)


class Words(FakeTokenizer):
    """Token n is word n."""

    def __init__(self, *words):
        super().__init__()
        self.words = words

    def decode(self, ids):
        return "".join(self.words[id_] for id_ in ids)


@given(st.lists(letters, max_size=6), stops)
@settings(deadline=None, max_examples=300)
def test_it_does_not_matter_where_tokens_end(words, stop):
    writer = TextWriter(Words(*words), stop)
    steps = []
    for id_ in range(len(words)):
        steps.append(writer.push(id_))
        if writer.stopped:
            break
    steps.append(writer.flush())
    at = first_stop("".join(words), stop)
    assert "".join(steps) == ("".join(words) if at is None else "".join(words)[:at])


def test_text_comes_as_soon_as_it_is_final():
    writer = TextWriter(Words("The ", "cat", " s", "at", "STOP", "."), ["STOP", "sit"])
    assert [writer.push(n) for n in range(4)] == ["The ", "cat", " ", "sat"]


def test_bytes_that_are_no_text_end_as_they_are():
    writer = TextWriter(FakeTokenizer(), [])
    assert [writer.push(byte) for byte in (65, 0xE2, 0x82)] == ["A", "", ""]
    assert writer.flush() == "\ufffd"
    assert writer.flush() == ""


# --- the loop ---


class Script(FakeSession):
    """Says the given ids in turn."""

    def __init__(self, llm, ids):
        super().__init__(llm)
        self.ids = ids
        self.at = 0

    def next(self):
        self.at += 1
        return torch.nn.functional.one_hot(torch.tensor(self.ids[self.at - 1]), 272).float()

    def append(self, embeddings, *, last=1):
        super().append(embeddings, last=last)
        return self.next()[None]


LLM = FakeLanguageModel(context_length=40)
STOP = frozenset({256})


def run(text, *, prompt=3, cancelled=lambda: False, **options):
    session = Script(LLM, [*text.encode(), 256, 256])
    FakeSession.append(session, torch.zeros(prompt, 8))
    logits = session.next()
    steps = list(generate(LLM, session, logits, GenerationOptions(**options), STOP, cancelled))
    assert all(step.finish is None for step in steps[:-1])
    return "".join(step.text for step in steps), steps[-1], session


def test_it_stops_at_a_control_token():
    text, last, session = run("two cats")
    assert (text, last.finish, last.ids) == ("two cats", "stop", tuple(b"two cats"))
    assert session.length == 3 + 8


def test_it_stops_at_a_text_and_leaves_it_out():
    text, last, session = run("two cats. USER: and", stop=("USER:",))
    assert (text, last.finish) == ("two cats. ", "stop")
    assert session.length == 3 + len("two cats. USER:") - 1


@pytest.mark.parametrize("limit", [1, 2, 8])
def test_it_stops_at_the_length(limit):
    text, last, _ = run("two €€€€ cats", max_tokens=limit)
    assert last.finish == "length"
    assert len(last.ids) == limit
    assert text == b"two \xe2\x82\xac\xe2"[:limit].decode("utf-8", "replace")


def test_it_stops_where_the_context_ends():
    text, last, session = run("x" * 60, prompt=30)
    assert (len(text), last.finish) == (10, "length")
    assert session.length <= LLM.context_length


@pytest.mark.parametrize("after", [0, 1, 5])
def test_cancel_is_seen_before_the_next_token(after):
    calls = iter(range(100))
    text, last, _ = run("two cats", cancelled=lambda: next(calls) >= after)
    assert (text, last.finish) == ("two cats"[:after], "cancelled")
