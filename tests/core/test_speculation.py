"""With speculation an answer is the greedy one, its session too, and it never takes longer."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sensorium import GenerationOptions
from sensorium.generation import generate
from sensorium.speculation import SIZES, CostCurve, Lookup, Reader
from sensorium.testing import FakeLanguageModel, FakeSession

LLM = FakeLanguageModel(context_length=160)
END = 256
MEASURED = dict(zip(SIZES, (1, 1.75, 2.85, 4.75, 6.9), strict=True))
"""Times of Phi-2 in 4 bits on two cores, from 1 position on."""
DOCS = Path(__file__).parents[2] / "docs"


class Simulated(CostCurve):
    """Calls take the times of a table, however long they took."""

    def __init__(self, table=MEASURED):
        super().__init__()
        self.table = table
        self.sizes = []

    def note(self, size, seconds):
        self.sizes.append(size)
        super().note(size, self.table[size])

    @property
    def spent(self):
        return sum(self.table[size] for size in self.sizes)


class Scripted(FakeSession):
    """Says at each position what stands in the script, whatever was guessed."""

    def __init__(self, llm, prompt, script):
        super().__init__(llm)
        self.said = [*prompt[1:], *script]

    def append(self, embeddings, *, last=1):
        super().append(embeddings, last=last)
        said = torch.tensor(self.said[self.length - last : self.length])
        return torch.nn.functional.one_hot(said, 272).float()


def decode(session, prompt, options, cancel_after, costs=None, keys=None):
    """(steps, positions held, logits of one more position)."""
    logits = session.append(LLM.embed(torch.tensor(prompt)))[-1]
    calls = iter(range(1000))
    steps = generate(
        *(LLM, session, logits, options, frozenset({END}), lambda: next(calls) >= cancel_after),
        keys=keys or prompt,
        costs=costs,
    )
    steps = list(steps)
    return steps, session.length, session._held.clone()


letters = st.integers(97, 100)
texts = st.lists(letters, min_size=1, max_size=60)
curves = st.tuples(*[st.floats(1, 3)] * (len(SIZES) - 1)).map(
    lambda steps: dict(
        zip(SIZES, [1.0, *(1 + sum(steps[: n + 1]) - n for n in range(len(steps)))], strict=True)
    )
)
asked = {
    "prompt": texts,
    "stop": st.lists(st.text(alphabet="abcd", min_size=1, max_size=4), max_size=2),
    "max_tokens": st.integers(1, 80),
    "cancel_after": st.sampled_from([1000, 0, 1, 5, 17]),
    "curve": curves,
}


def same(open_session, prompt, stop, max_tokens, cancel_after, curve, keys=None):
    said = {"stop": tuple(stop), "max_tokens": max_tokens}
    plain = decode(open_session(), prompt, GenerationOptions(**said), cancel_after)
    quick = decode(
        *(open_session(), prompt, GenerationOptions(**said, speculation=True), cancel_after),
        costs=(costs := Simulated(curve)),
        keys=keys,
    )
    assert quick[:2] == plain[:2]  # every step, its text and its ids
    assert torch.equal(quick[2], plain[2])
    return costs


@given(**asked)
@settings(deadline=None, max_examples=100)
def test_what_a_model_writes_is_the_same(prompt, stop, max_tokens, cancel_after, curve):
    same(LLM.open_session, prompt, stop, max_tokens, cancel_after, curve)


@given(**asked, own=st.lists(st.tuples(st.integers(0, 50), st.integers(1, 30), letters)))
@settings(deadline=None, max_examples=200)
def test_quotes_and_own_words_in_any_order_are_the_same(
    prompt, stop, max_tokens, cancel_after, curve, own
):
    quotes = (key for start, count, letter in own for key in (*prompt[start:][:count], letter))
    script = [*[*quotes][:90], *[END] * 100]
    same(lambda: Scripted(LLM, prompt, script), prompt, stop, max_tokens, cancel_after, curve)


@given(**asked, media=st.sets(st.integers(0, 59)))
@settings(deadline=None, max_examples=50)
def test_positions_of_media_are_never_guessed(prompt, stop, max_tokens, cancel_after, curve, media):
    keys = [("digest", n) if n in media else key for n, key in enumerate(prompt)]
    same(
        lambda: Scripted(LLM, prompt, prompt + [END] * 100),
        *(prompt, stop, max_tokens, cancel_after, curve),
        keys=keys,
    )


def test_guesses_are_read_in_one_call_and_given_token_by_token():
    prompt = [*range(100, 116)] * 2
    options = GenerationOptions(speculation=True, max_tokens=30)
    costs = same(lambda: Scripted(LLM, prompt, prompt), prompt, (), 30, 1000, MEASURED)
    assert costs.sizes[0] == 1  # nothing was timed yet
    assert max(costs.sizes) > 4
    assert len(costs.sizes) < 15
    steps, _, _ = decode(Scripted(LLM, prompt, prompt), prompt, options, 1000, Simulated())
    assert [len(step.ids) for step in steps] == [*range(1, 31)]


@pytest.mark.parametrize("options", [{"temperature": 1, "seed": 0}, {"repetition_penalty": 1.1}])
def test_only_greedy_decoding_guesses(options):
    prompt = [*range(100, 116)] * 2
    costs = Simulated()
    options = GenerationOptions(speculation=True, max_tokens=30, **options)
    decode(Scripted(LLM, prompt, prompt * 2), prompt, options, 1000, costs)
    assert set(costs.sizes) == {1}


# --- how much is guessed ---


def ratio(prompt, answer, costs):
    """How many times as fast as one token a call."""
    reader = Reader(Numbers(), Positions(), Lookup(prompt), costs)
    before = costs.spent
    for index, token in enumerate(answer[:-1]):
        reader.read(token, len(answer) - index - 1)
    return (len(answer) - 1) / (costs.spent - before)


class Numbers:
    """Any number is a token."""

    @staticmethod
    def embed(ids):
        return ids


class Positions:
    """Counts them; what is written is given."""

    length = 0

    def append(self, embeddings, *, last=1):
        self.length += len(embeddings)
        return torch.zeros(last, 1)

    def truncate(self, length):
        self.length = length


def words(name):
    seen = {}
    text = (DOCS / name).read_text().split()
    return [seen.setdefault(word, len(seen)) for word in text]


@pytest.mark.parametrize("name", ["data.md", "training.md", "audio.md", "architecture.md"])
def test_text_that_quotes_nothing_is_as_fast_as_before(name):
    text, costs = words(name), Simulated()
    assert ratio(text[:400], text[400:600], costs) > 0.95


@pytest.mark.parametrize("letters", [20, 100, 5000])
def test_noise_is_as_fast_as_before(letters):
    chance = random.Random(0)
    text = [chance.randrange(letters) for _ in range(700)]
    assert ratio(text[:500], text[500:], Simulated()) > 0.95


def test_a_quote_is_faster():
    text, costs = words("training.md"), Simulated()
    answer = [*range(9000, 9010), *text[100:160], *range(9010, 9020), *text[200:260]]
    assert ratio(text[:400], answer, costs) > 1.4


def test_where_a_call_costs_what_its_positions_cost_nothing_is_lost():
    costs = Simulated({size: size for size in SIZES})
    prompt = [*range(100, 200)]
    assert ratio(prompt, prompt * 2, costs) > 0.95


def test_a_curve_is_guessed_until_it_is_timed_and_forgets_one_bad_moment():
    costs = CostCurve()
    assert costs.seconds(4) is None
    costs.note(1, 0.1)
    assert costs.seconds(4) == pytest.approx(0.225)
    costs.note(2, 9.0)
    assert costs.seconds(2) == 9
    for _ in range(64):
        costs.note(1, 0.2)
    assert costs.seconds(2) == pytest.approx(0.3)
    for seconds in (0.3, 5.0, 0.3):
        costs.note(2, seconds)
    assert costs.seconds(2) == 0.3


def test_guesses_follow_what_agrees_longest_and_repeat_themselves():
    lookup = Lookup([1, 2, 3, 4, 50, 9, 3, 4, 60, 1, 2])
    assert lookup.guesses(2) == [3, 4]
    lookup.add(3)
    assert lookup.guesses(3) == [4, 50, 9]
    lookup.add(4)
    assert lookup.guesses(3) == [50, 9, 3]  # four tokens agree there, only two with `3, 4, 60`
    assert Lookup([1, 2, 1, 2]).guesses(5) == [1, 2, 1, 2, 1]
    assert Lookup([1, 2, ("digest", 0), 1, 2]).guesses(5) == []
    assert Lookup([1, 2, 3]).guesses(5) == []


def test_a_guess_is_believed_as_often_as_it_was_right():
    lookup = Lookup([1, 2, 3, 1, 2])
    before = lookup.tokens(1)
    lookup.add(3)
    assert lookup.tokens(0) == 1
    right = Lookup([1, 2, 3, 1, 2])
    wrong = Lookup([1, 2, 3, 1, 2])
    right.add(3), wrong.add(7)
    for one in (right, wrong):
        one.add(1), one.add(2)
    assert wrong.tokens(1) < before < right.tokens(1) < 2
