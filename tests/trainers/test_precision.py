"""Half precision where it pays, and attention in float32 on a CPU."""

import pytest
import torch
from sensorium_trainers.precision import half, wide_attention
from sensorium_trainers.recipe import TrainingRecipe
from torch.nn import functional
from torch.utils.checkpoint import checkpoint


@pytest.fixture
def triple():
    torch.manual_seed(0)
    return [torch.randn(2, 4, 9, 16, requires_grad=True) for _ in range(3)]


@pytest.mark.parametrize(
    ("able", "expected"),
    [
        ({"amx_bf16": True, "avx512_bf16": True}, torch.bfloat16),
        ({"amx_bf16": False, "avx512_bf16": True}, torch.bfloat16),
        ({"amx_bf16": False, "avx512_bf16": False, "avx2": True}, None),
    ],
)
def test_auto_is_bfloat16_where_a_cpu_multiplies_it(recipe, monkeypatch, able, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: able)
    asked = TrainingRecipe.model_validate(recipe(autocast="auto"))
    assert half(asked, "cpu") == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [(None, None), ("bfloat16", torch.bfloat16), ("float16", torch.float16)],
)
def test_what_is_asked_for_by_name_is_done_anywhere(recipe, name, expected):
    assert half(TrainingRecipe.model_validate(recipe(autocast=name)), "cpu") == expected


def test_attention_under_autocast_is_computed_in_float32_and_handed_on_in_bfloat16(triple):
    exact = functional.scaled_dot_product_attention(*triple, is_causal=True)
    with torch.autocast("cpu", torch.bfloat16), wide_attention():
        wide = functional.scaled_dot_product_attention(*triple, is_causal=True)
    assert wide.dtype == torch.bfloat16
    assert torch.equal(wide, exact.to(torch.bfloat16))
    wide.float().sum().backward()
    assert all(part.grad.dtype == torch.float32 for part in triple)


def test_weights_in_bfloat16_do_too_by_name_and_with_a_mask(triple):
    query, key, value = (part.detach().to(torch.bfloat16) for part in triple)
    mask = torch.zeros(9, 9, dtype=torch.bfloat16).masked_fill(torch.ones(9, 9).triu(1) > 0, -1e4)
    exact = functional.scaled_dot_product_attention(
        query.float(), key.float(), value.float(), is_causal=True
    )
    with wide_attention():
        wide = functional.scaled_dot_product_attention(
            query=query, key=key, value=value, attn_mask=mask
        )
    assert torch.equal(wide, exact.to(torch.bfloat16))


def test_float32_is_left_as_it_is(triple):
    with wide_attention():
        assert functional.scaled_dot_product_attention(*triple).dtype == torch.float32


def test_what_is_computed_again_on_the_way_back_is_computed_alike(triple):
    """Gradient checkpointing compares the types of both times."""
    with wide_attention():
        with torch.autocast("cpu", torch.bfloat16):
            wide = checkpoint(functional.scaled_dot_product_attention, *triple, use_reentrant=False)
        wide.float().sum().backward()
    gradients = [part.grad for part in triple]
    for part in triple:
        part.grad = None
    with wide_attention():
        with torch.autocast("cpu", torch.bfloat16):
            wide = functional.scaled_dot_product_attention(*triple)
        wide.float().sum().backward()
    assert all(torch.equal(part.grad, g) for part, g in zip(triple, gradients, strict=True))
