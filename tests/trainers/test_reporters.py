"""Where the log goes besides the file: only where the recipe says, and nothing leaves the disk."""

from __future__ import annotations

import importlib.util
import io
import os
import re
import sqlite3

import pytest
from rich.console import Console
from sensorium.errors import install_line
from sensorium_trainers.display import Display
from sensorium_trainers.reporters import _QUIET, reporters

VARIABLES = (*_QUIET, "WANDB_MODE", "WANDB_DIR", "WANDB_API_KEY")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch):
    """What a reporter sets must not outlive the test."""
    for name in VARIABLES:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def quiet(line):
    """No report."""


@pytest.mark.parametrize("name", ["tensorboard", "trackio", "wandb"])
def test_a_missing_package_is_named_before_anything_is_trained(train, tmp_path, monkeypatch, name):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda n, *a: None if n == name else find(n))
    failed = train("align", reporters=[name])
    assert failed.exit_code == 1
    assert f"The reporter '{name}' needs the package '{name}'" in failed.output
    assert install_line(name) in failed.output
    assert not (tmp_path / "out" / "log.jsonl").exists()


def test_none_is_asked_for_none_is_used(make_run, monkeypatch):
    run = make_run("align")
    monkeypatch.setattr(importlib.util, "find_spec", pytest.fail)
    assert reporters(run.recipe) == []
    assert not [name for name in VARIABLES if name in os.environ]


def test_weights_and_biases_stays_offline_unless_told(make_run, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    monkeypatch.setattr("sensorium_trainers.reporters._MAKERS", {"wandb": lambda recipe: recipe})
    run = make_run("align", reporters=["wandb"])
    reporters(run.recipe)
    assert os.environ["WANDB_MODE"] == "offline"
    assert os.environ["WANDB_ERROR_REPORTING"] == "false"
    monkeypatch.delenv("WANDB_MODE")
    monkeypatch.setenv("WANDB_API_KEY", "k")
    reporters(run.recipe)
    assert "WANDB_MODE" not in os.environ


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tensorboard_reads_back_what_was_logged(make_run, log, tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    validation = {"samples": 1, "every": 2}
    make_run("align", steps=3, validation=validation, reporters=["tensorboard"]).train(quiet)
    found = EventAccumulator(str(tmp_path / "out" / "tensorboard")).Reload()
    for entry, logged in (("loss", "train/loss"), ("learning_rate", "train/learning_rate")):
        read = {event.step: event.value for event in found.Scalars(logged)}
        assert read == pytest.approx({e["step"]: e[entry] for e in log() if entry in e}, rel=1e-5)
    read = {event.step: event.value for event in found.Scalars("eval/loss")}
    expected = {e["step"]: e["validation_loss"] for e in log() if "validation_loss" in e}
    assert read == pytest.approx(expected, rel=1e-5)
    assert {"train/tokens_per_second", "train/flops_utilisation"} <= set(found.Tags()["scalars"])


@pytest.mark.filterwarnings("ignore")
def test_wandb_writes_an_offline_run(make_run, tmp_path):
    pytest.importorskip("wandb")
    make_run("align", steps=2, reporters=["wandb"]).train(quiet)
    (folder,) = (tmp_path / "out" / "wandb").glob("offline-run-*")
    (written,) = folder.glob("*.wandb")
    assert b"train/tokens_per_second" in written.read_bytes()


@pytest.mark.filterwarnings("ignore")
def test_trackio_keeps_the_run_on_the_disk(make_run, tmp_path, monkeypatch):
    pytest.importorskip("trackio")
    import trackio.sqlite_storage

    monkeypatch.setattr(trackio.sqlite_storage, "TRACKIO_DIR", tmp_path / "trackio")
    (tmp_path / "trackio").mkdir()
    make_run("align", steps=2, reporters=["trackio"]).train(quiet)
    with sqlite3.connect(tmp_path / "trackio" / "sensorium.db") as database:
        (text,) = database.execute("select group_concat(metrics, ' ') from metrics").fetchone()
    assert "train/tokens_per_second" in text


class State:
    global_step = 3
    max_steps = 12


def test_on_a_terminal_one_line_moves():
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=120)
    with Display("align", 12, console) as display:
        display.on_train_begin(None, State, None)
        display.on_log(None, State, None, logs={"loss": 2.34567, "tokens_per_second": 1234.5})
        display.on_log(None, State, None, logs={"eval_loss": 3.0})
        display.on_step_end(None, State, None)
        display.report("bundle: [bold]runs/align[/bold]")
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.getvalue())
    assert "bundle: [bold]runs/align[/bold]" in shown
    assert shown.rstrip().splitlines()[-1].startswith("align")
    assert "3/12" in shown
    assert "loss 2.346  validation 3  1,234 tokens/s" in shown


def test_a_run_shown_by_a_display_writes_no_lines(make_run, log):
    lines = []
    console = Console(file=io.StringIO(), force_terminal=True)
    with Display("align", 2, console) as display:
        make_run("align", steps=2).train(lines.append, display=display)
    assert not [line for line in lines if line.startswith("step")]
    assert [entry["step"] for entry in log()] == [1, 2]
