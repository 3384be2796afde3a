"""SIGKILL at any moment: the same command goes on, and ends with the bits of an unbroken run."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import safetensors.torch
import torch
import yaml
from safetensors.torch import load_file
from sensorium_trainers import checkpoints, saving
from sensorium_trainers.checkpoints import WEIGHTS, newest_checkpoint, step_of

from .launching import wait_for

LORA = {"r": 2, "alpha": 4, "dropout": 0.3}  # dropout: the random numbers must go on too
KILLED = -signal.SIGKILL


def newest_step(folder: Path) -> int:
    return max((step_of(path) for path in checkpoints.checkpoints(folder)), default=0)


def assert_same(one: Path, other: Path) -> None:
    first, second = (load_file(newest_checkpoint(folder) / WEIGHTS) for folder in (one, other))
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert losses(one) == losses(other)


def losses(folder: Path) -> list[tuple[int, float]]:
    entries = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return [(entry["step"], entry["loss"]) for entry in entries]


def test_killed_at_ten_random_moments(launcher, recipe, tmp_path):
    """Every other time while a checkpoint is being written."""
    settings = {"steps": 120, "save_every": 3, "lora": LORA, "accumulate": 2}
    unbroken, broken = (recipe(output=str(tmp_path / n), **settings) for n in ("whole", "broken"))
    assert launcher.run("instruct", unbroken) == [0]
    folder, rng, killed = tmp_path / "broken", random.Random(27), 0
    for number in range(10):
        begun = newest_step(folder)
        (process,) = launcher.start("instruct", broken)
        wait_for(lambda begun=begun: newest_step(folder) > begun, process.is_alive)
        if number % 2:
            wait_for((folder / "staging").exists, process.is_alive)
            time.sleep(rng.random() * 0.01)
        else:
            time.sleep(rng.random() * 0.04)
        process.kill()
        process.join()
        killed += process.exitcode == KILLED
    assert killed == 10
    assert launcher.run("instruct", broken) == [0]
    assert_same(tmp_path / "whole", folder)


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def torn(save, weights, path, **more) -> None:
    save(weights, path, **more)
    os.truncate(path, path.stat().st_size // 2)
    die()


def replaced(module, name, instead):
    """In the process that is to die: `instead` for a function of the module."""

    def before(rank: int) -> None:
        original = getattr(module, name)
        setattr(module, name, lambda *words, **more: instead(original, *words, **more))

    return before


STAGES_OF_WRITING = {
    "the folder is made": replaced(saving, "make_anew", lambda make, at: (make(at), die())),
    "weights are half written": replaced(safetensors.torch, "save_file", torn),
    "all but the manifest": replaced(checkpoints, "seal", lambda seal, at: die()),
    "the manifest is written": replaced(checkpoints, "seal", lambda seal, at: (seal(at), die())),
    "it is in its place": replaced(saving, "publish", lambda publish, *at: (publish(*at), die())),
}


@pytest.mark.parametrize("moment", STAGES_OF_WRITING)
def test_killed_while_writing_a_checkpoint(launcher, recipe, tmp_path, moment):
    folder = tmp_path / "out"
    assert launcher.run("align", recipe(steps=2)) == [0]
    assert launcher.run("align", recipe(), before=STAGES_OF_WRITING[moment]) == [KILLED]
    published = moment == "it is in its place"
    assert newest_checkpoint(folder) == folder / ("checkpoint-4" if published else "checkpoint-2")
    assert launcher.run("align", recipe()) == [0]
    assert launcher.run("align", recipe(output=str(tmp_path / "whole"))) == [0]
    assert_same(tmp_path / "whole", folder)
    assert not (folder / "staging").exists()


@pytest.mark.slow
def test_the_console_program_killed(recipe, tmp_path):
    """As a person would run it: `python -m sensorium train`, started anew every time."""
    folder, path = tmp_path / "out", tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(recipe(steps=60, save_every=2)))
    words = [sys.executable, "-m", "sensorium", "train", "align", "--config", str(path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        wait_for(lambda: newest_step(folder) >= 4, lambda: process.poll() is None)
        process.kill()
    assert process.returncode == KILLED
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert "resuming from checkpoint-" in done.stdout
    assert [step for step, _ in losses(folder)] == list(range(1, 61))
