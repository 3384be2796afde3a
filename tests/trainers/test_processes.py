"""Several processes learn what one with the whole batch learns; one writes, all stop together."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
import yaml
from accelerate import DistributedType, PartialState
from PIL import Image
from safetensors.torch import load_file
from sensorium_trainers import saving
from sensorium_trainers.checkpoints import WEIGHTS, damage, newest_checkpoint
from sensorium_trainers.processes import from_main, gathered, is_main
from sensorium_trainers.stopping import StopOnSignal
from transformers import Trainer

from .conftest import COLOURS
from .launching import wait_for

CONFIGS = Path(__file__).parents[2] / "configs" / "training"
EQUAL = 1e-5


@pytest.fixture
def still(model, parts, tmp_path):
    """The tiny model without dropout: masks of dropout differ between processes, as they should."""
    folder = tmp_path / "llm"
    shutil.copytree(parts / "llm", folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "resid_pdrop": 0.0}))
    return {**model, "llm": {**model["llm"], "checkpoint": str(folder)}}


@pytest.fixture
def uneven(tmp_path):
    """Seven conversations whose answers differ in length; one picture is missing."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    answers = ("It is red.", "No.", "Yes, it is a cat and two dogs.", "Two.", "A cat and dogs.")
    records = []
    for number in range(7):
        name = f"{number}.png"
        if number != 3:
            Image.new("RGB", (40, 20), COLOURS[number % 4]).save(folder / name)
        turns = [("human", "<image>\nWhat colour is it?"), ("gpt", answers[number % 5])]
        told = [{"from": who, "value": said} for who, said in turns]
        records.append({"id": str(number), "image": name, "conversations": told})
    (folder / "data.json").write_text(json.dumps(records))
    return folder / "data.json"


@pytest.fixture
def settings(recipe, still, uneven, tmp_path):
    """`settings(2, "name")`: a recipe whose global batch is 4 in that many processes."""

    def make(processes: int, name: str, **changes):
        data = [{"format": "llava", "path": str(uneven)}]
        fixed = {"model": still, "data": data, "steps": 6, "save_every": 2, "keep": 9}
        fixed |= {"batch_size": 4 // processes, "max_skipped_share": 1.0}
        return recipe(output=str(tmp_path / name), **{**fixed, **changes})

    return make


def entries(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def assert_alike(one: Path, other: Path, equal: float = EQUAL) -> None:
    first, second = entries(one), entries(other)
    assert [entry["step"] for entry in first] == [entry["step"] for entry in second]
    for key in ("loss", "grad_norm", "learning_rate"):
        assert [e[key] for e in first] == pytest.approx([e[key] for e in second], rel=equal), key
    assert [e["skipped_samples"] for e in first] == [e["skipped_samples"] for e in second]
    assert_close(
        *(load_file(newest_checkpoint(folder) / WEIGHTS) for folder in (one, other)), equal
    )


def assert_close(
    mine: dict[str, torch.Tensor], theirs: dict[str, torch.Tensor], equal: float = EQUAL
) -> None:
    assert mine.keys() == theirs.keys()
    for name in mine:
        # Softmax ignores this bias: its gradient is nothing but rounding, which Adam makes large.
        if not name.endswith("k_proj.bias"):
            torch.testing.assert_close(mine[name], theirs[name], rtol=equal, atol=equal)


@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("stage", ["align", "instruct"])
def test_two_processes_learn_as_one(launcher, settings, uneven, llava, tmp_path, stage, mixed):
    """Over epochs that no batch divides, and over a mixture; a sample is skipped on the way."""
    changes = {}
    if mixed:
        sources = [{"format": "llava", "path": str(uneven), "weight": 2}]
        sources += [{"format": "llava", "path": str(llava)}]
        changes = {"data": sources}
    assert launcher.run(stage, settings(1, "one", **changes)) == [0]
    assert launcher.run(stage, settings(2, "two", **changes), processes=2) == [0, 0]
    assert_alike(tmp_path / "one", tmp_path / "two")
    assert launcher.output(1).read_text() == ""
    said = launcher.output(0).read_text()
    assert said.count("step 6/6") == 1
    assert "skipped: " in said
    finished = json.loads((tmp_path / "two" / "run.json").read_text())["finished"]
    assert finished["frozen_unchanged"] is True
    assert finished["skipped_samples"] == entries(tmp_path / "one")[-1]["skipped_samples"] > 0
    assert (tmp_path / "two" / "bundle" / "sensorium.json").is_file()


def test_muon_in_two_processes_learns_as_in_one(launcher, settings, tmp_path):
    """Within the rounding of bfloat16, in which it makes matrices orthogonal."""
    for processes, name in ((1, "one"), (2, "two")):
        made = settings(processes, name, optimizer="muon")
        assert launcher.run("instruct", made, processes=processes) == [0] * processes
    assert_alike(tmp_path / "one", tmp_path / "two", 5e-3)


def test_a_checkpoint_goes_on_with_another_number_of_processes(launcher, settings, tmp_path):
    assert launcher.run("instruct", settings(1, "whole")) == [0]
    for name, first, then in (("up", 1, 2), ("down", 2, 1)):
        assert (
            launcher.run("instruct", settings(first, name, steps=4), processes=first) == [0] * first
        )
        assert launcher.run("instruct", settings(then, name), processes=then) == [0] * then
        assert "resuming from checkpoint-4" in launcher.output().read_text()
        assert_alike(tmp_path / "whole", tmp_path / name)


def test_sigterm_to_any_process_stops_all(launcher, settings, tmp_path):
    folder = tmp_path / "two"
    started = launcher.start("align", settings(2, "two", steps=5000, save_every=4000), processes=2)
    wait_for((folder / "log.jsonl").exists, lambda: all(one.is_alive() for one in started))
    os.kill(started[1].pid, signal.SIGTERM)
    for process in started:
        process.join(120)
    assert [process.exitcode for process in started] == [1, 1]
    assert "Stopped by SIGTERM after step" in launcher.output(0).read_text()
    assert damage(newest_checkpoint(folder)) is None


def test_all_stop_where_one_cannot_write(launcher, settings, tmp_path):
    folder = tmp_path / "two"

    def fill_the_disk_of_the_second(rank: int) -> None:
        def full(self, folder):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        if rank == 1:
            Trainer._save_rng_state = full

    assert launcher.run("align", settings(2, "two", steps=2), processes=2) == [0, 0]
    assert launcher.run(
        "align", settings(2, "two"), processes=2, before=fill_the_disk_of_the_second
    ) == [1, 1]
    for rank in (0, 1):
        assert "checkpoint-4: No space left on device" in launcher.output(rank).read_text()
    assert newest_checkpoint(folder) == folder / "checkpoint-2"


def test_fsdp2_learns_the_same_and_its_checkpoints_are_whole(launcher, settings, tmp_path):
    """Weights in pieces over two processes, by the settings of configs/training/fsdp2.yaml.

    Accelerate shards on GPUs alone, so it is told that these two processes were on some.
    """
    fsdp = yaml.safe_load((CONFIGS / "fsdp2.yaml").read_text())["fsdp_config"]
    environment = {name.upper(): str(value) for name, value in fsdp.items()}

    def pretend(rank: int) -> None:
        original, gather = PartialState.__init__, saving.whole_state

        def on_gpus(self, *words, **settings):
            original(self, *words, **settings)
            self.distributed_type = DistributedType.MULTI_GPU

        def noted(state):
            (tmp_path / f"sharded-{rank}").touch()
            return gather(state)

        PartialState.__init__ = on_gpus
        saving.whole_state = noted

    together = {"processes": 2, "before": pretend}
    together["environment"] = {**environment, "ACCELERATE_USE_FSDP": "true"}
    assert launcher.run("instruct", settings(1, "whole")) == [0]
    assert launcher.run("instruct", settings(2, "down", steps=4), **together) == [0, 0]
    assert (tmp_path / "sharded-0").exists()
    assert (tmp_path / "sharded-1").exists()
    assert launcher.run("instruct", settings(1, "down")) == [0]
    assert_alike(tmp_path / "whole", tmp_path / "down")
    assert launcher.run("instruct", settings(1, "up", steps=4)) == [0]
    assert launcher.run("instruct", settings(2, "up"), **together) == [0, 0]
    assert_alike(tmp_path / "whole", tmp_path / "up")
    bundles = (tmp_path / name / "bundle" / "llm" / "model.safetensors" for name in ("whole", "up"))
    assert_close(*(load_file(path) for path in bundles))


LAUNCHERS = {
    "torchrun": ["torch.distributed.run", "--standalone", "--nproc-per-node", "2"],
    "accelerate": ["accelerate.commands.launch", "--multi_gpu", "--num_processes", "2"],
    "deepspeed": ["accelerate.commands.launch", "--config_file"],
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LAUNCHERS)
def test_launchers_need_nothing_else(launcher, settings, tmp_path, monkeypatch, name):
    """The programs themselves, and the console program under them."""
    program = LAUNCHERS[name]
    if name == "deepspeed":
        if find_spec("deepspeed") is None:
            pytest.skip("deepspeed is not installed")
        monkeypatch.setenv("DS_ACCELERATOR", "cpu")
        program = [*program, str(CONFIGS / "deepspeed-zero2.yaml")]
    if name != "torchrun":
        program = [*program, "--main_process_port", "0"]
    assert launcher.run("instruct", settings(1, "one")) == [0]
    path = tmp_path / "several.yaml"
    words = [sys.executable, "-m", *program, "-m", "sensorium", "train", "instruct"]
    for steps in (2, 6):  # the second time from a checkpoint
        path.write_text(yaml.safe_dump(settings(2, "two", steps=steps)))
        done = subprocess.run([*words, "--config", str(path)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("step 6/6") == 1
    assert "resuming from checkpoint-2" in done.stdout
    assert_alike(tmp_path / "one", tmp_path / "two")
    assert (tmp_path / "two" / "bundle" / "sensorium.json").is_file()


def test_one_process_has_nobody_to_ask():
    assert gathered(3) == [3]
    assert from_main("x") == "x"
    assert is_main()
    assert not StopOnSignal(print)._asked_by
