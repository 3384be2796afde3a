"""Muon and AdamW as one optimizer: who steps what, and that its state is whole."""

from __future__ import annotations

from copy import deepcopy

import pytest
import torch
from sensorium.errors import ConfigError
from sensorium_trainers import muon
from sensorium_trainers.muon import Float32Muon, MuonWithAdamW, split
from sensorium_trainers.trainer import StageTrainer
from torch import nn

SETTINGS = {"lr": 1e-2, "weight_decay": 0.1, "betas": (0.9, 0.98), "eps": 1e-8}


def tensors():
    generator = torch.Generator().manual_seed(0)
    shapes = ((6, 4), (5, 4), (3,))  # a matrix, a table, a vector
    return [nn.Parameter(torch.randn(shape, generator=generator)) for shape in shapes]


def step(optimizer, weights):
    for number, weight in enumerate(weights):
        generator = torch.Generator().manual_seed(number)
        weight.grad = torch.randn(weight.shape, generator=generator)
    optimizer.step()


def test_each_part_steps_as_it_would_alone():
    mine, theirs = tensors(), tensors()
    both = MuonWithAdamW(mine[:1], mine[1:], **SETTINGS)
    parts = [
        torch.optim.Muon(theirs[:1], lr=1e-2, weight_decay=0.1, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(theirs[1:2], lr=1e-2, weight_decay=0.1, betas=(0.9, 0.98)),
        torch.optim.AdamW(theirs[2:], lr=1e-2, weight_decay=0.0, betas=(0.9, 0.98)),
    ]
    for _ in range(3):
        step(both, mine)
        for number, part in enumerate(parts):
            theirs[number].grad = mine[number].grad
            part.step()
    for own, other in zip(mine, theirs, strict=True):
        torch.testing.assert_close(own, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("shape", [(48, 48), (96, 32), (32, 96), (1, 8)])
def test_without_bfloat16_the_same_steps_in_float32(shape):
    weights = [nn.Parameter(torch.full(shape, 0.5)) for _ in range(2)]
    same = {"lr": 0.1, "weight_decay": 0.1}
    ours = Float32Muon(weights[:1], **same)
    theirs = torch.optim.Muon(weights[1:], **same, adjust_lr_fn="match_rms_adamw")
    for number in range(3):
        gradient = torch.randn(shape, generator=torch.Generator().manual_seed(number))
        for optimizer, weight in zip((ours, theirs), weights, strict=True):
            weight.grad = gradient.clone()
            optimizer.step()
    # bfloat16 rounds each step's entries to 3 digits; a step's are at most 0.2 here.
    torch.testing.assert_close(*weights, rtol=0, atol=0.01)
    singular = torch.linalg.svdvals(muon.orthogonal(gradient, (3.4445, -4.775, 2.0315), 5, 1e-7))
    assert 0.6 < singular.median() <= singular.max() < 1.3


@pytest.mark.parametrize(("able", "kind"), [(True, torch.optim.Muon), (False, Float32Muon)])
def test_the_cpu_decides_in_which_precision(monkeypatch, able, kind):
    monkeypatch.setattr(muon, "computes_bfloat16", lambda: able)
    weights = tensors()
    optimizer = MuonWithAdamW(weights[:1], weights[1:], **SETTINGS)
    assert type(optimizer._parts[0]) is kind


def test_a_saved_state_goes_on_bit_equal_and_the_rate_reaches_both():
    first, second = tensors(), tensors()
    optimizer = MuonWithAdamW(first[:1], first[1:], **SETTINGS)
    step(optimizer, first)
    again = MuonWithAdamW(second[:1], second[1:], **SETTINGS)
    again.load_state_dict(deepcopy(optimizer.state_dict()))
    for own, other in zip(first, second, strict=True):
        other.data.copy_(own.data)
    step(optimizer, first)
    step(again, second)
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    before = [weight.clone() for weight in second]
    for group in again.param_groups:
        group["lr"] = 0.0
    step(again, second)
    assert all(torch.equal(a, b) for a, b in zip(before, second, strict=True))


def test_muon_steps_hidden_matrices_alone(make_run):
    objective = make_run("instruct").objective
    names = {id(weight): name for name, weight in objective.named_parameters()}
    matrices, others = split(objective)
    chosen = {names[id(weight)] for weight in matrices}
    assert all(weight.ndim == 2 for weight in matrices)
    assert any("projector" in name for name in chosen)
    assert any("fc1" in name for name in chosen)
    assert not any("embed_tokens" in name or "lm_head" in name for name in chosen)
    assert len(matrices) + len(others) == sum(w.requires_grad for w in objective.parameters())


@pytest.mark.parametrize("form", ["is_fsdp_enabled", "is_deepspeed_enabled"])
def test_pieces_of_matrices_are_refused(make_run, monkeypatch, form):
    prepared = StageTrainer.create_accelerator_and_postprocess

    def in_pieces(trainer):
        prepared(trainer)
        setattr(trainer, form, True)

    monkeypatch.setattr(StageTrainer, "create_accelerator_and_postprocess", in_pieces)
    with pytest.raises(ConfigError, match="whole matrices") as error:
        make_run("instruct", optimizer="muon").train(lambda line: None)
    assert error.value.where == "optimizer"
