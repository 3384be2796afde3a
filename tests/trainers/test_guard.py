"""NaN never reaches the weights; the schedule is what the recipe says."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import load_file
from sensorium_trainers.checkpoints import WEIGHTS
from sensorium_trainers.errors import TrainingError
from sensorium_trainers.log import keep_until
from sensorium_trainers.means import Means
from sensorium_trainers.recipe import TrainingRecipe
from sensorium_trainers.schedule import arguments


def poison(run, bad, kind="loss"):
    """The batches in `bad` give a NaN loss, or a finite loss with an infinite gradient."""
    forward, counted = run.objective.forward, iter(range(10_000))

    def poisoned(**inputs):
        outputs = forward(**inputs)
        if next(counted) in bad:
            weight = next(w for w in run.objective.parameters() if w.requires_grad)
            broken = (weight * 0).sum().sqrt() if kind == "gradient" else weight.sum() * torch.nan
            outputs["answer_loss"] = outputs["answer_loss"] + broken
        return outputs

    run.objective.forward = poisoned
    return run


@pytest.mark.parametrize("kind", ["loss", "gradient"])
def test_a_bad_step_changes_nothing_and_is_counted(make_run, tmp_path, log, kind):
    lines = []
    run = poison(make_run("align", steps=3, save_every=1, keep=9), {1}, kind)
    run.train(lines.append)
    one, two, three = (
        load_file(tmp_path / "out" / f"checkpoint-{step}" / WEIGHTS) for step in (1, 2, 3)
    )
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert not all(torch.equal(two[name], three[name]) for name in one)
    assert all(torch.isfinite(weight).all() for weight in three.values())
    assert [entry.get("skipped_steps", 0) for entry in log()] == [0, 1, 1]
    assert "skipped_steps 1" in lines[-3]


def test_steps_without_a_finite_loss_have_none_in_the_log(make_run, log):
    poison(make_run("align", steps=6, log_every=2), {1, 2, 3}).train(lambda line: None)
    entries = log()
    assert [entry["step"] for entry in entries] == [1, 2, 4, 6]
    assert ["loss" in entry for entry in entries] == [True, False, False, True]
    assert [entry.get("skipped_steps", 0) for entry in entries] == [0, 1, 3, 3]


def test_the_loss_in_the_log_is_the_mean_of_those_that_are_finite(make_run, log, tmp_path):
    poison(make_run("align", log_every=1), {2}).train(lambda line: None)
    each = log()
    (tmp_path / "out").rename(tmp_path / "each")
    poison(make_run("align", log_every=2), {2}).train(lambda line: None)
    assert log()[-1]["loss"] == pytest.approx(each[-1]["loss"], abs=1e-4)


def test_too_many_bad_steps_stop_the_run(make_run, tmp_path):
    run = poison(make_run("align", steps=20, max_skipped_steps=2), set(range(4, 99)))
    with pytest.raises(TrainingError, match="not finite in 3 steps, the last time in step 7"):
        run.train(lambda line: None)
    assert not (tmp_path / "out" / "bundle").exists()


def test_means_leave_out_steps_that_are_not_finite():
    """A step is the sum of its batches: one that is not finite takes the others of its step along.

    What there was none of in a step is not a part of it.
    """
    means = Means()
    for step in ((1.0, 2.0), (5.0, float("nan")), (4.0, 1.0)):
        means.begin()
        for share in step:
            means.add({"a": torch.tensor(share), "b": torch.tensor(float("inf"))})
    means.add({"c": torch.tensor(7.0)})
    assert means.take() == {"a": 4.0, "c": 7.0}
    assert means.take() == {}


def test_the_log_forgets_what_a_killed_run_wrote(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_text('{"step": 1}\n{"step": 2}\n{"step": 3}\n{"st')
    keep_until(path, 2)
    assert path.read_text() == '{"step": 1}\n{"step": 2}\n'


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("constant", [0, 0.5, 1, 1, 1, 1, 1, 1, 1, 1]),
        ("decay", [0, 0.5, 1, 1, 1, 1, 1, 0.75, 0.5, 0.25]),
        ("cosine", [0, 0.5, 1, 0.962, 0.854, 0.691, 0.5, 0.309, 0.146, 0.038]),
    ],
)
def test_learning_rates_by_hand(make_run, log, schedule, expected):
    make_run(
        "align", steps=10, schedule=schedule, warmup_steps=2, decay_share=0.4, learning_rate=1.0
    ).train(lambda line: None)
    rates = [entry["learning_rate"] for entry in log()]
    assert rates == pytest.approx(expected, abs=1e-3)


def test_one_process_never_uses_several_gpus_by_itself():
    recipe = TrainingRecipe(model="m", data=[{"format": "x"}], output="o", steps=1)
    assert arguments(recipe).n_gpu <= 1
