"""What is frozen stays frozen, provably; what contradicts that is refused before training."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from sensorium.errors import ConfigError
from sensorium_trainers.errors import TrainingError
from sensorium_trainers.freezing import choose, combined, frozen, hashes, redraw, table
from sensorium_trainers.language import LanguageObjective
from sensorium_trainers.recipe import TrainingRecipe
from sensorium_trainers.trainer import StageTrainer
from torch import nn


def quiet(line):
    """No report."""


@pytest.mark.parametrize(
    ("stage", "trains"),
    [("align", ["llm"]), ("align", ["projector", "encoder"]), ("pretrain", ["projector"])],
)
def test_a_stage_keeps_what_it_must(make_run, stage, trains):
    with pytest.raises(ConfigError, match=f"'{stage}' keeps the .* frozen, but the recipe trains"):
        make_run(stage, trains=trains)


@pytest.mark.parametrize(
    "changes",
    [
        {"trains": []},
        {"freeze": ["projector"]},
        {"freeze": [".*"]},
    ],
)
def test_nothing_to_learn(make_run, changes):
    with pytest.raises(ConfigError, match="Nothing would learn"):
        make_run("align", **changes)


def test_an_adapter_in_a_frozen_model_is_refused(make_run):
    with pytest.raises(ConfigError, match="`lora`, an adapter in the llm, but the llm is frozen"):
        make_run("align", lora={"r": 2})


def test_a_pattern_that_fits_nothing_would_freeze_nothing(make_run):
    with pytest.raises(ConfigError, match="No parameter is called like 'lm_heat'"):
        make_run("instruct", freeze=["lm_heat"])
    with pytest.raises(ConfigError, match=r"'\(' is no regular expression"):
        make_run("instruct", freeze=["("])
    with pytest.raises(ConfigError, match="No parameter is called like 'nose'"):
        make_run("instruct", initial_std={"nose": 0.1})
    with pytest.raises(ConfigError, match="is frozen and keeps its values"):
        make_run("align", initial_std={"llm.*embed_tokens": 0.1})


def test_frozen_parts_keep_out_of_training_mode(make_run):
    objective = make_run("align").objective
    objective.train()
    assert not objective.llm.training  # Phi's dropout would disturb the frozen model
    assert not objective.encoder.training
    assert objective.projector.training


@pytest.mark.parametrize("victim", ["llm", "encoder"])
def test_a_frozen_parameter_that_changes_is_found_out(make_run, monkeypatch, tmp_path, victim):
    run = make_run("align")
    original = StageTrainer.compute_loss
    name, weight = list(getattr(run.objective, victim).named_parameters())[-1]

    def sabotage(self, *args, **kwargs):
        with torch.no_grad():
            weight.view(-1)[0] += 1e-6
        return original(self, *args, **kwargs)

    monkeypatch.setattr(StageTrainer, "compute_loss", sabotage)
    with pytest.raises(TrainingError, match="1 tensors that were meant to stay frozen") as caught:
        run.train(quiet)
    assert f"{victim}.{name}" in str(caught.value)
    assert not (tmp_path / "out" / "bundle").exists()


class Pair(nn.Module):
    """Two groups; with `tied` they share a weight, and `llm` has one weight under two names."""

    def __init__(self, tied: bool) -> None:
        super().__init__()
        self.llm = nn.ModuleDict({"embed": nn.Linear(3, 3), "lm_head": nn.Linear(3, 3)})
        self.llm["lm_head"].weight = self.llm["embed"].weight
        self.projector = nn.Linear(3, 3)
        self.encoder = nn.BatchNorm1d(3)
        if tied:
            self.projector.weight = self.llm["embed"].weight


def recipe(**changes):
    required = {"model": "m", "data": [{"format": "x"}], "output": "o", "steps": 1}
    return TrainingRecipe.model_validate({**required, **changes})


def test_a_weight_shared_with_a_frozen_part_is_refused():
    with pytest.raises(ConfigError, match=r"llm.embed.weight and .* are one weight"):
        choose(Pair(tied=True), ["projector"], recipe())


def test_freezing_one_name_of_a_tied_weight_freezes_it():
    """The prior system's lm_head trained on, silently."""
    pair = Pair(tied=False)
    choose(pair, ["llm"], recipe(freeze=["lm_head.weight"]))
    assert not pair.llm["embed"].weight.requires_grad
    assert pair.llm["embed"].bias.requires_grad


def test_buffers_of_frozen_parts_are_watched():
    pair = Pair(tied=False)
    choose(pair, ["projector"], recipe())
    before = hashes(frozen(pair))
    assert "encoder.running_mean" in before
    assert combined(before) == combined(hashes(frozen(pair)))
    pair.encoder.running_mean += 1
    assert combined(before) != combined(hashes(frozen(pair)))


def test_quantized_weights_cannot_learn():
    pair = Pair(tied=False)
    bits = nn.Parameter(torch.zeros(2, dtype=torch.uint8), requires_grad=False)
    pair.llm["embed"].register_parameter("bits", bits)
    with pytest.raises(ConfigError, match=r"llm.embed.bits is quantized and cannot learn"):
        choose(pair, ["llm"], recipe())


def test_table_counts_a_shared_weight_once():
    pair = Pair(tied=False)
    choose(pair, ["llm"], recipe(freeze=["bias"]))
    assert [(row.group, row.total, row.learning) for row in table(pair)] == [
        ("llm", 15, 9),
        ("projector", 12, 0),
        ("encoder", 6, 0),
    ]


def test_redraw_is_the_same_every_time():
    drawn = []
    for _ in range(2):
        pair = Pair(tied=False)
        choose(pair, ["projector"], recipe())
        redraw(pair, {"projector.weight": 0.5}, seed=4)
        drawn.append(pair.projector.weight.detach().clone())
    assert torch.equal(*drawn)
    assert 0.1 < float(drawn[0].std()) < 1


def test_a_backend_that_cannot_learn_says_which_one_can():
    spec = SimpleNamespace(name="phi2")
    pipeline = SimpleNamespace(llm=object(), plan=SimpleNamespace(llm=spec))
    with pytest.raises(ConfigError, match=r"'phi2' cannot be trained.*model\.llm.*backend: torch"):
        LanguageObjective(pipeline)
