"""No run is lost: killed at any moment it goes on, and ends with the same bits."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import random
import resource
import signal
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from sensorium.errors import CheckpointError
from sensorium_trainers import checkpoints
from sensorium_trainers.checkpoints import WEIGHTS, is_whole, newest_checkpoint
from sensorium_trainers.errors import TrainingError

FORK = multiprocessing.get_context("fork")
LORA = {"r": 2, "alpha": 4, "dropout": 0.3}  # dropout: the random numbers must go on too


def quiet(line):
    """No report."""


def last(folder: Path) -> dict[str, torch.Tensor]:
    newest = newest_checkpoint(folder)
    return load_file(newest / WEIGHTS)


def losses(folder: Path) -> dict[int, float]:
    entries = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    assert len({entry["step"] for entry in entries}) == len(entries)
    return {entry["step"]: entry["loss"] for entry in entries}


def assert_equal(one: Path, other: Path) -> None:
    first, second = last(one), last(other)
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert losses(one) == losses(other)


@pytest.mark.slow
def test_killed_at_random_moments_it_ends_with_the_same_bits(make_run, tmp_path):
    settings = {"steps": 24, "save_every": 2, "lora": LORA, "accumulate": 2}
    unbroken, broken = tmp_path / "unbroken", tmp_path / "broken"
    make_run("instruct", output=str(unbroken), **settings).train(quiet)

    def go() -> None:
        torch.set_num_threads(1)
        make_run("instruct", output=str(broken), **settings).train(quiet)

    seed = random.randrange(1 << 30)
    print("seed", seed)
    rng = random.Random(seed)
    for begun in (1, 6, 11, 16):
        child = FORK.Process(target=go)
        child.start()
        waited = time.monotonic() + 60
        while time.monotonic() < waited and child.is_alive() and newest_step(broken) < begun:
            time.sleep(0.002)
        time.sleep(rng.random() * 0.15)
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        assert child.exitcode in (-signal.SIGKILL, 0)
    make_run("instruct", output=str(broken), **settings).train(quiet)
    assert_equal(unbroken, broken)


def newest_step(folder: Path) -> int:
    newest = max(checkpoints.checkpoints(folder), key=checkpoints.step_of, default=None)
    return checkpoints.step_of(newest) if newest else 0


def test_across_epochs_with_workers_and_without(make_run, tmp_path):
    """Stopped at every position of an epoch of two steps; data prepared elsewhere is the same."""
    unbroken, broken = tmp_path / "unbroken", tmp_path / "broken"
    settings = {"schedule": "constant", "save_every": 1, "keep": 9, "lora": LORA}
    make_run("instruct", output=str(unbroken), steps=5, workers=1, **settings).train(quiet)
    for steps in (1, 2, 3, 5):
        make_run("instruct", output=str(broken), steps=steps, **settings).train(quiet)
    assert_equal(unbroken, broken)


@pytest.mark.parametrize("damage", ["no manifest", "bit", "cut", "missing", "empty manifest"])
def test_a_torn_checkpoint_is_passed_over(make_run, tmp_path, damage):
    folder = tmp_path / "out"
    make_run("align", steps=4, save_every=2).train(quiet)
    newest = folder / "checkpoint-4"
    weights = newest / WEIGHTS
    if damage == "no manifest":
        (newest / "manifest.json").unlink()
    elif damage == "empty manifest":
        (newest / "manifest.json").write_text("{}")
    elif damage == "missing":
        (newest / "optimizer.pt").unlink()
    else:
        content = bytearray(weights.read_bytes())
        content[-1] ^= 1
        weights.write_bytes(content if damage == "bit" else content[:-7])
    assert newest_checkpoint(folder) == folder / "checkpoint-2"
    lines = []
    make_run("align", steps=4, save_every=2).train(lines.append)
    assert lines[0] == "resuming from checkpoint-2"
    assert is_whole(newest)
    assert list(losses(folder)) == [1, 2, 3, 4]  # steps done twice stand in the log once


def test_a_leftover_of_a_killed_save_is_no_checkpoint(make_run, tmp_path):
    folder = tmp_path / "out"
    (folder / "staging" / "checkpoint-90").mkdir(parents=True)
    (folder / "checkpoint-90").mkdir()
    lines = []
    make_run("align", steps=2).train(lines.append)
    assert not any("resuming" in line for line in lines)
    assert not (folder / "staging").exists()


def test_disk_full(make_run, tmp_path):
    """The system's own limit, so that every writer meets it: safetensors, torch, Python."""
    folder = tmp_path / "out"
    make_run("instruct", steps=2).train(quiet)
    before = {p.name: p.read_bytes() for p in (folder / "checkpoint-2").iterdir()}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = len(before[WEIGHTS])
    for limit in (size // 2, size + 500):  # too little for the weights; for the optimizer
        run = make_run("instruct", steps=4)
        (folder / "run.json").unlink(missing_ok=True)
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
            with pytest.raises(CheckpointError, match=r"Cannot write the .*checkpoint-4"):
                run.train(quiet)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert sorted(p.name for p in folder.glob("*")) == sorted(
            {"bundle", "checkpoint-2", "curves", "log.jsonl", "report.html", "run.json"}
        )
    assert before == {p.name: p.read_bytes() for p in (folder / "checkpoint-2").iterdir()}
    make_run("instruct", steps=4).train(quiet)
    assert newest_checkpoint(folder) == folder / "checkpoint-4"


def test_disk_full_while_flushing_says_so(make_run, tmp_path, monkeypatch):
    def full(folder):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(checkpoints, "seal", full)
    with pytest.raises(CheckpointError, match=r"No space left on device.*make room"):
        make_run("align", steps=2).train(quiet)
    assert not list((tmp_path / "out").glob("checkpoint-*"))


def test_sigterm_saves_and_stops(make_run, tmp_path, monkeypatch):
    unbroken, broken = tmp_path / "unbroken", tmp_path / "broken"
    make_run("align", output=str(unbroken), steps=6).train(quiet)
    before = signal.getsignal(signal.SIGTERM)

    def report(line):
        if line.startswith("step 3/"):
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(TrainingError, match=r"Stopped by SIGTERM after step [34], which is saved"):
        make_run("align", output=str(broken), steps=6).train(report)
    assert signal.getsignal(signal.SIGTERM) is before
    assert not (broken / "bundle").exists()
    make_run("align", output=str(broken), steps=6).train(quiet)
    assert_equal(unbroken, broken)


def test_a_finished_run_learns_no_further(make_run, tmp_path):
    folder = tmp_path / "out"
    make_run("align", steps=3).train(quiet)
    weights = {n: w.clone() for n, w in last(folder).items()}
    bundle = load_file(folder / "bundle" / "projectors" / "image.safetensors")
    lines = []
    make_run("align", steps=3).train(lines.append)
    assert lines[0] == "checkpoint-3 is the last step"
    assert all(torch.equal(weights[n], w) for n, w in last(folder).items())
    again = load_file(folder / "bundle" / "projectors" / "image.safetensors")
    assert all(torch.equal(again[name], bundle[name]) for name in bundle)


def test_fresh_moves_the_earlier_run_aside(train, tmp_path, log):
    """Otherwise its checkpoints, further on, would outlive the new ones and be resumed."""
    assert train("align", steps=4).exit_code == 0
    done = train("align", "--fresh", steps=2, save_every=1)
    assert done.exit_code == 0, done.output
    folder = tmp_path / "out"
    assert newest_checkpoint(folder) == folder / "checkpoint-2"
    assert (folder / "earlier-1" / "checkpoint-4").is_dir()
    assert [entry["step"] for entry in log()] == [1, 2]


def test_another_base_or_recipe_is_noticed(make_run, model, tmp_path):
    make_run("align", steps=2).train(quiet)
    lines = []
    make_run("align", steps=3, learning_rate=0.5, log_every=7).train(lines.append)
    assert lines[:3] == [
        "changed since the checkpoint: learning_rate: 0.01 → 0.5",
        "changed since the checkpoint: steps: 2 → 3",
        "resuming from checkpoint-2",
    ]
    other = {**model, "llm": {**model["llm"], "random_seed": 2}}
    with pytest.raises(CheckpointError, match="trained with other frozen weights"):
        make_run("align", model=other, steps=4).train(quiet)
    with pytest.raises(CheckpointError, match="trained with other frozen weights"):
        make_run("align", model=other, steps=4).export_newest(quiet)
    other_stage = make_run("instruct", steps=4)
    (tmp_path / "out" / "run.json").unlink()
    with pytest.raises(CheckpointError, match=r"is from another run: .* is missing"):
        other_stage.train(quiet)


def test_only_the_newest_are_kept(make_run, tmp_path):
    make_run("align", steps=5, save_every=1, keep=2).train(quiet)
    kept = [path.name for path in checkpoints.checkpoints(tmp_path / "out")]
    assert kept == ["checkpoint-4", "checkpoint-5"]


def test_a_torn_checkpoint_further_on_does_not_push_out_a_whole_one(make_run, tmp_path):
    folder = tmp_path / "out"
    make_run("align", steps=4, save_every=2).train(quiet)
    (folder / "checkpoint-4" / "manifest.json").unlink()
    make_run("align", steps=3, save_every=1, keep=1).train(quiet)
    assert newest_checkpoint(folder) == folder / "checkpoint-3"
