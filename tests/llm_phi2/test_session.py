"""A session gives what one full forward pass gives, however the positions are split."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sensorium.errors import ContextLengthError
from sensorium.testing import check_sessions
from sensorium_llm_phi2.build import build
from sensorium_llm_phi2.model import PhiLanguageModel
from sensorium_llm_phi2.options import Phi2Options
from transformers import PhiConfig, PhiForCausalLM

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(1, 40), st.integers(1, 40)),
        st.tuples(st.just("truncate"), st.integers(0, 96), st.just(0)),
        st.tuples(st.just("fork"), st.integers(0, 96), st.just(0)),
    ),
    min_size=1,
    max_size=8,
)


def changed(session, kind, length):
    """Cut to `length`, in place or as a copy whose origin is then overwritten."""
    if kind == "truncate":
        session.truncate(length)
        return session
    origin, fork = session, session.fork(length)
    width = origin._model.width
    origin.truncate(0)
    origin.append(torch.full((20, width), 9.0))
    return fork


def full_logits(reference, embeddings):
    with torch.no_grad():
        return reference(inputs_embeds=embeddings[None], use_cache=False).logits[0]


@given(steps=STEPS, seed=st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_any_split_and_truncation_equals_one_forward(reference, model, steps, seed):
    generator = torch.Generator().manual_seed(seed)
    session, held = model.open_session(), torch.empty(0, 80)
    for kind, amount, last in steps:
        if kind != "append":
            length = min(amount, session.length)
            session = changed(session, kind, length)
            held = held[:length]
        elif session.length + amount <= model.context_length:
            new = torch.randn(amount, 80, generator=generator)
            held = torch.cat([held, new])
            logits = session.append(new, last=min(last, amount))
            expected = full_logits(reference, held)[-min(last, amount) :]
            torch.testing.assert_close(logits, expected, atol=1e-5, rtol=1e-5)
        assert session.length == len(held)


@pytest.mark.parametrize("rotary", [0.4, 0.5])
@pytest.mark.parametrize("heads", [{}, {"num_key_value_heads": 2}, {"qk_layernorm": True}])
def test_shapes_of_phi(tmp_path, rotary, heads):
    reference = make(tmp_path, partial_rotary_factor=rotary, **heads)
    model = build(Phi2Options(checkpoint=str(tmp_path)), "cpu")
    ids = torch.arange(30)
    session = model.open_session()
    with torch.no_grad():
        embeddings = model.embed(ids)
    logits = torch.cat([session.append(embeddings[:7], last=7), session.append(embeddings[7:])])
    expected = full_logits(reference, embeddings)
    torch.testing.assert_close(logits[:7], expected[:7], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(logits[7], expected[-1], atol=1e-5, rtol=1e-5)


def make(folder, **changes) -> PhiForCausalLM:
    torch.manual_seed(1)
    config = PhiConfig(
        vocab_size=64,
        hidden_size=80,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=64,
        **changes,
    )
    model = PhiForCausalLM(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    model.save_pretrained(folder)
    return model


def test_greedy_loop_writes_what_generate_writes(reference, model):
    ids = torch.tensor(model.tokenizer.encode("What is in the picture?"))
    expected = reference.generate(
        ids[None],
        attention_mask=torch.ones_like(ids[None]),
        max_new_tokens=20,
        do_sample=False,
        eos_token_id=None,
        pad_token_id=0,
    )[0, len(ids) :]
    session, answer, new = model.open_session(), [], ids
    for _ in range(20):
        with torch.no_grad():
            logits = session.append(model.embed(new))
        new = logits[-1].argmax(keepdim=True)
        answer.append(int(new))
    assert answer == expected.tolist()


def test_the_head_sees_only_the_last_positions(model, monkeypatch):
    seen = []
    original = PhiLanguageModel.logits
    monkeypatch.setattr(
        PhiLanguageModel,
        "logits",
        lambda self, hidden: seen.append(tuple(hidden.shape)) or original(self, hidden),
    )
    model.open_session().append(torch.randn(50, 80), last=3)
    assert seen == [(3, 80)]


def test_the_window_is_checked_and_an_error_changes_nothing(reference, model, monkeypatch):
    session, held = model.open_session(), torch.randn(20, 80)
    session.append(held[:15])
    with pytest.raises(ContextLengthError, match=r"97 positions.* 96"):
        session.append(torch.randn(82, 80))
    layer = model.decoder.layers[1]
    with monkeypatch.context() as broken:

        def fail(*args, **kwargs):
            raise RuntimeError("half-way")

        broken.setattr(layer, "forward", fail)
        with pytest.raises(RuntimeError, match="half-way"):
            session.append(torch.randn(5, 80))
    assert session.length == 15
    logits = session.append(held[15:])
    expected = full_logits(reference, held)[-1:]
    torch.testing.assert_close(logits, expected, atol=1e-5, rtol=1e-5)


def test_misuse_is_refused_and_logits_may_be_changed(model):
    session = model.open_session()
    for rows, last in ((0, 1), (2, 3), (2, 0)):
        with pytest.raises(ValueError, match="last="):
            session.append(torch.randn(rows, 80), last=last)
    logits = session.append(torch.randn(2, 80))
    logits[0, 0] = -torch.inf
    assert logits.dtype == torch.float32
    with pytest.raises(ValueError, match="truncate"):
        session.truncate(3)


def test_sessions_pass_the_check_for_plugins(model):
    check_sessions(model)


def test_memory_is_that_of_the_buffers(model):
    session = model.open_session()
    assert session.nbytes == 0
    session.append(torch.randn(3, 80))
    position = 2 * 2 * 80 * 4  # layers, keys and values, width, float32
    assert session.nbytes == 64 * position
    session.append(torch.randn(70, 80))
    session.truncate(1)
    assert session.nbytes == 96 * position
    assert session.fork(1).nbytes == 64 * position


def test_buffers_are_written_in_place_and_never_exceed_the_window(model):
    session = model.open_session()
    session.append(torch.randn(3, 80))
    place = session._layers[0].keys.data_ptr()
    for _ in range(20):
        session.append(torch.randn(3, 80))
    assert session._layers[0].keys.data_ptr() == place
    session.append(torch.randn(33, 80))
    assert session.length == session._layers[0].keys.shape[-2] == 96
