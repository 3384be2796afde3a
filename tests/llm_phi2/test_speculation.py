"""With guesses Phi writes what it writes without, and its session is left the same."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sensorium import GenerationOptions
from sensorium.generation import generate
from sensorium.speculation import SIZES, CostCurve


class Cheap(CostCurve):
    """Guesses cost nothing, so as many as there are are read."""

    def __init__(self):
        super().__init__()
        self.sizes = []

    def note(self, size, seconds):
        self.sizes.append(size)

    def seconds(self, size):
        return 1.0


def decode(model, prompt, options, stops=frozenset(), cancel_after=1000, *, keys=(), costs=None):
    """(steps, session)"""
    session = model.open_session()
    logits = session.append(model.embed(torch.tensor(prompt)).detach())[-1]
    calls = iter(range(1000))
    steps = generate(
        *(model, session, logits, options, stops, lambda: next(calls) >= cancel_after),
        keys=keys,
        costs=costs,
    )
    return list(steps), session


@given(
    prompt=st.lists(st.integers(1, 319), min_size=1, max_size=12),
    wrong=st.sets(st.integers(0, 59), max_size=12),
    stops=st.frozensets(st.integers(0, 319), max_size=20),
    texts=st.lists(st.text(alphabet="aeiost .", min_size=1, max_size=2), max_size=2),
    max_tokens=st.integers(1, 60),
    cancel_after=st.sampled_from([1000, 0, 2, 9]),
)
@settings(max_examples=60, deadline=None)
def test_it_is_greedy_decoding(model, prompt, wrong, stops, texts, max_tokens, cancel_after):
    # A tiny random Phi quotes nothing, so what it will say is put where guesses come from, with
    # tokens in it that it will not say.
    foreseen, _ = decode(model, prompt, GenerationOptions(max_tokens=60))
    keys = [1 if n in wrong else id_ for n, id_ in enumerate(foreseen[-1].ids)]
    said = {"max_tokens": max_tokens, "stop": tuple(texts)}
    plain, held = decode(model, prompt, GenerationOptions(**said), stops, cancel_after)
    options = GenerationOptions(**said, speculation=True)
    quick, held_too = decode(
        *(model, prompt, options, stops, cancel_after), keys=[*keys, *prompt], costs=Cheap()
    )
    assert quick == plain
    assert held_too.length == held.length
    probe = model.embed(torch.tensor([7])).detach()
    torch.testing.assert_close(held_too.append(probe), held.append(probe), atol=1e-4, rtol=1e-4)


def test_what_was_foreseen_takes_few_calls(model):
    foreseen, _ = decode(model, [5, 6], GenerationOptions(max_tokens=60))
    options, costs = GenerationOptions(max_tokens=60, speculation=True), Cheap()
    decode(model, [5, 6], options, keys=foreseen[-1].ids, costs=costs)
    assert max(costs.sizes) == SIZES[-1]
    assert len(costs.sizes) < 12
