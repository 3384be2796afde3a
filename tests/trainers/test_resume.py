"""No run is lost: killed at any moment it goes on, and ends with the same bits."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import torch
from safetensors.torch import load_file
from sensorium.errors import CheckpointError
from sensorium_trainers import checkpoints
from sensorium_trainers.checkpoints import WEIGHTS, damage, newest_checkpoint
from sensorium_trainers.errors import TrainingError

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


def test_across_epochs_with_workers_and_without(make_run, tmp_path):
    """Stopped at every position of an epoch of two steps; data prepared elsewhere is the same."""
    unbroken, broken = tmp_path / "unbroken", tmp_path / "broken"
    settings = {"schedule": "constant", "save_every": 1, "keep": 9, "lora": LORA}
    make_run("instruct", output=str(unbroken), steps=5, workers=1, **settings).train(quiet)
    for steps in (1, 2, 3, 5):
        make_run("instruct", output=str(broken), steps=steps, **settings).train(quiet)
    assert_equal(unbroken, broken)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        ("no manifest", "manifest.json is missing or torn"),
        ("empty manifest", "manifest.json names no weights"),
        ("bit", "model.safetensors is not what was written"),
        ("cut", "model.safetensors is not what was written"),
        ("missing", "optimizer.pt is missing"),
    ],
)
def test_a_damaged_checkpoint_is_named_and_passed_over(make_run, tmp_path, harm, said):
    folder = tmp_path / "out"
    make_run("align", steps=4, save_every=2).train(quiet)
    newest = folder / "checkpoint-4"
    weights = newest / WEIGHTS
    if harm == "no manifest":
        (newest / "manifest.json").unlink()
    elif harm == "empty manifest":
        (newest / "manifest.json").write_text("{}")
    elif harm == "missing":
        (newest / "optimizer.pt").unlink()
    else:
        content = bytearray(weights.read_bytes())
        content[-1] ^= 1
        weights.write_bytes(content if harm == "bit" else content[:-7])
    assert newest_checkpoint(folder) == folder / "checkpoint-2"
    lines = []
    make_run("align", steps=4, save_every=2).train(lines.append)
    assert lines[:2] == [
        f"checkpoint-4 is damaged and passed over: {said}",
        "resuming from checkpoint-2",
    ]
    assert damage(newest) is None
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
            {".lock", "bundle", "checkpoint-2", "curves", "log.jsonl", "report.html", "run.json"}
        )
    assert before == {p.name: p.read_bytes() for p in (folder / "checkpoint-2").iterdir()}
    make_run("instruct", steps=4).train(quiet)
    assert newest_checkpoint(folder) == folder / "checkpoint-4"


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 32 MB, where the system lets us have one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(place)]
    if os.getuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.parametrize(
    ("share", "error", "said"),
    [
        (0.5, CheckpointError, "Cannot write the checkpoint .*checkpoint-4"),
        (0, TrainingError, r"Cannot write .*run.json"),
    ],
)
def test_a_full_file_system(make_run, tmp_path, small_disk, share, error, said):
    """What could not be written is said, the checkpoint before it is whole, and the run goes on."""
    unbroken, broken = tmp_path / "unbroken", small_disk / "out"
    make_run("instruct", output=str(unbroken), steps=4).train(quiet)
    make_run("instruct", output=str(broken), steps=2).train(quiet)
    filler = small_disk / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    size = sum(path.stat().st_size for path in (broken / "checkpoint-2").iterdir())
    os.truncate(filler, filler.stat().st_size - int(share * size))
    with pytest.raises(error, match=rf"{said}.*No space left on device.*make room"):
        make_run("instruct", output=str(broken), steps=4).train(quiet)
    assert newest_checkpoint(broken) == broken / "checkpoint-2"
    assert not (broken / "staging").exists()
    filler.unlink()
    make_run("instruct", output=str(broken), steps=4).train(quiet)
    assert_equal(unbroken, broken)


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


def test_sigterm_to_all_processes_of_a_run_saves_too(make_run, tmp_path):
    readers, others = [], set(psutil.Process().children(recursive=True))

    def report(line):
        if line.startswith("step 3/"):
            readers.extend({*psutil.Process().children(recursive=True)} - others)
            for process in (*readers, psutil.Process()):
                process.terminate()
            psutil.wait_procs(readers, timeout=1)  # the trainer would hear of their end

    with pytest.raises(TrainingError, match=r"Stopped by SIGTERM after step [34], which is saved"):
        make_run("align", steps=40, workers=1).train(report)
    assert readers
    assert not psutil.wait_procs(readers, timeout=20)[1]


def test_ctrl_c_saves_and_stops(make_run, tmp_path):
    unbroken, broken = tmp_path / "unbroken", tmp_path / "broken"
    make_run("align", output=str(unbroken), steps=6).train(quiet)
    before, lines = signal.getsignal(signal.SIGINT), []

    def report(line):
        lines.append(line)
        if line.startswith("step 3/"):
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        make_run("align", output=str(broken), steps=6).train(report)
    assert signal.getsignal(signal.SIGINT) is before
    assert any("stopping after this step" in line for line in lines)
    assert re.match(r"Stopped by Ctrl-C after step [34], which is saved", lines[-1])
    make_run("align", output=str(broken), steps=6).train(quiet)
    assert_equal(unbroken, broken)


def test_a_second_ctrl_c_stops_at_once(make_run, tmp_path):
    def report(line):
        if line.startswith(("step 3/", "Ctrl-C")):
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        make_run("align", output=str(tmp_path), steps=6, save_every=2).train(report)
    assert [path.name for path in tmp_path.glob("checkpoint-*")] == ["checkpoint-2"]


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
    earlier = folder / "earlier-1"
    assert (earlier / "checkpoint-4").is_dir()
    assert (earlier / "bundle" / "sensorium.json").is_file()
    assert (earlier / "report.html").is_file()
    assert json.loads((earlier / "run.json").read_text())["finished"]["steps"] == 4
    assert [entry["step"] for entry in log()] == [1, 2]


def test_new_settings_of_the_optimizer_count_and_a_new_schedule_with_them(make_run, tmp_path, log):
    make_run("align", steps=2).train(quiet)
    settings = {"learning_rate": 1e-4, "weight_decay": 0.5, "adam_beta2": 0.9}
    make_run("align", steps=4, **settings).train(quiet)
    assert [entry["learning_rate"] for entry in log()] == [0.01, 0.01, 1e-4, 1e-4]
    saved = torch.load(tmp_path / "out" / "checkpoint-4" / "optimizer.pt")["param_groups"]
    assert {group["lr"] for group in saved} == {group["initial_lr"] for group in saved} == {1e-4}
    assert {group["betas"][1] for group in saved} == {0.9}
    assert {group["weight_decay"] for group in saved} == {0.5, 0.0}  # none for biases
    make_run("align", steps=6, schedule="decay", decay_share=0.5, learning_rate=0.2).train(quiet)
    assert [entry["learning_rate"] for entry in log()][4:] == pytest.approx([0.2 * 2 / 3, 0.2 / 3])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"steps": 3, "learning_rate": 0.5}, "checkpoint-3 is as far as steps: 3 goes"),
        ({"steps": 2}, "checkpoint-3 is as far as steps: 2 goes"),
        ({"steps": 5, "lora": LORA}, "is from another run: .* is missing"),
    ],
)
def test_a_run_that_is_refused_leaves_its_folder_alone(make_run, tmp_path, changes, said):
    make_run("instruct", steps=3).train(quiet)
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    before = {path: path.read_bytes() for path in files}
    with pytest.raises(CheckpointError, match=said):
        make_run("instruct", **changes).train(quiet)
    assert before == {path: path.read_bytes() for path in files}


def test_a_second_process_keeps_out_of_the_folder(make_run, tmp_path):
    folder = tmp_path / "out"
    run = make_run("align", steps=1)
    (folder / "staging").mkdir()  # what the other one is writing
    script = (
        "import sys; from pathlib import Path; from sensorium_trainers.claiming import claimed\n"
        f"with claimed(Path({str(folder)!r})): print('mine', flush=True); sys.stdin.read()"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", script], **pipes) as other:
        assert other.stdout.readline() == "mine\n"
        with pytest.raises(TrainingError, match=f"Another process is training into {folder}"):
            run.train(quiet)
        assert (folder / "staging").is_dir()
        other.kill()
        other.wait()
        run.train(quiet)


def test_a_folder_that_cannot_be_written_is_said_before_anything_is_loaded(make_run, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(TrainingError, match=r"Cannot write .*Not a directory.*choose an output"):
        make_run("align", output=str(tmp_path / "file" / "out"), model="nowhere")


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


def test_moments_of_another_optimizer_are_refused(make_run):
    make_run("align", steps=2).train(quiet)
    with pytest.raises(CheckpointError, match="moments of adamw, with which muon cannot") as error:
        make_run("align", steps=4, optimizer="muon").train(quiet)
    assert error.value.where == "optimizer"
    make_run("align", steps=4, optimizer="muon").export_newest(quiet)  # needs no moments
    make_run("align", steps=4).train(quiet)


def test_states_of_another_form_are_refused(make_run, tmp_path):
    """Without moments the run would go on, but not as it was."""
    make_run("align", steps=2).train(quiet)
    checkpoint = tmp_path / "out" / "checkpoint-2"
    for name in ("optimizer.pt", checkpoints.MANIFEST):
        (checkpoint / name).unlink()
    checkpoints.seal(checkpoint)
    with pytest.raises(CheckpointError, match="was written with DeepSpeed and cannot go on with"):
        make_run("align", steps=4).train(quiet)


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


def test_new_intervals_count_too(make_run, tmp_path, log):
    make_run("align", steps=2, save_every=1, log_every=1).train(quiet)
    make_run("align", steps=7, save_every=3, log_every=2, keep=9).train(quiet)
    kept = [path.name for path in checkpoints.checkpoints(tmp_path / "out")]
    assert kept == ["checkpoint-1", "checkpoint-2", "checkpoint-3", "checkpoint-6", "checkpoint-7"]
    assert [entry["step"] for entry in log()] == [1, 2, 4, 6, 7]
