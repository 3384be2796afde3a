"""`sensorium train pocket`: every stage of the plan, one step each, and the bundle."""

from __future__ import annotations

import ctypes.util
import re
from pathlib import Path

import pytest
import sensorium
import yaml
from click.testing import CliRunner
from sensorium import Message
from sensorium.cli.root import root
from sensorium.errors import ConfigError
from sensorium_pocket import FOLDER
from sensorium_trainers.plan import load_plan

ROOT = Path(__file__).parents[2]
PLAN = FOLDER / "recipes/plan.yaml"
SHORT = ("steps=1", "batch_size=2", "warmup_steps=0", "workers=0")


def test_every_recipe_follows_from_the_ones_before():
    made = set()
    for step in load_plan(PLAN).steps:
        text = step.config.read_text()
        recipe = yaml.safe_load(text)
        needed = {word for word in text.split() if word.startswith("runs/pocket/")}
        needed = {"/".join(word.split("/")[:3]) for word in needed} - {recipe["output"]}
        assert needed <= made
        made.add(recipe["output"])


def test_every_step_has_one_name_in_the_plan_the_dry_run_and_the_documentation(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs/pocket.md").read_text()
    told = re.findall(r"^\| `(\w+)` \| `(\w+)` \|.*\| ([\d,]+) \|$", page, re.MULTILINE)
    steps = load_plan(PLAN).steps
    assert [(name, stage) for name, stage, _ in told] == [(s.config.stem, s.stage) for s in steps]
    dry = CliRunner().invoke(root, ["train", "pocket", "--dry-run"])
    shown = [line for line in dry.output.splitlines() if " steps, " in line]
    for line, (name, stage, count) in zip(shown, told, strict=True):
        title = name if name == stage else f"{name} ({stage})"
        assert f" {title}: runs/pocket/{name}  {count} steps, " in line


def test_an_unknown_key_is_named(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text("steps: [{stage: align, confg: ./a.yaml}]\nbundle: {}\n")
    with pytest.raises(ConfigError, match=r"steps\.0\.confg"):
        load_plan(path)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--export"], "No such option '--export'"),
        (["--set", "output=elsewhere"], "The plan gives each stage its own output"),
        (["--set", "data.0.seed=3"], "The plan gives each stage its own data"),
    ],
)
def test_what_belongs_to_one_stage_is_refused(words, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(root, ["train", "pocket", *words])
    assert done.exit_code == 2
    assert said in done.output
    assert not list(tmp_path.iterdir())


def test_a_stage_that_was_overtaken_is_not_trained_on(tmp_path, monkeypatch):
    """`compare` learned on what `encoder` had given before that was to go further."""
    monkeypatch.chdir(tmp_path)
    Path("runs/pocket/compare/checkpoint-1").mkdir(parents=True)
    dry = CliRunner().invoke(root, ["train", "pocket", "--dry-run"])
    assert "3/6 compare (instruct): runs/pocket/compare  1,000 steps, checkpoint-1\n" in dry.output
    assert "runs/pocket/listen  500 steps, not begun\n" in dry.output
    done = CliRunner().invoke(root, ["train", "pocket"])
    assert done.exit_code == 1
    assert (
        "3/6 compare (instruct): runs/pocket/compare has begun on what 2/6 encoder: " in done.output
    )
    assert "--fresh" in done.output
    assert not Path("runs/pocket/speech").exists()


@pytest.mark.skipif(
    ctypes.util.find_library("espeak-ng") is None, reason="espeak-ng is not installed"
)
def test_one_command_trains_every_stage_and_goes_on_where_it_stopped(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["train", "pocket", *(word for pair in SHORT for word in ("--set", pair))]
    first = CliRunner().invoke(root, words)
    assert first.exit_code == 0, first.output
    stages = len(load_plan(PLAN).steps)
    assert first.output.count("step 1/1") == stages
    engine = sensorium.load("runs/pocket/bundle")
    assert engine.ask([Message.user("hello")]).usage.completion > 0
    hearing = sensorium.load("runs/pocket/bundle", ["encoders.audio.mode=features"])
    assert hearing.pipeline.plan.recipe.encoders["audio"].projector is not None

    Path("runs/pocket/converse/run.json").unlink()  # as if killed before its end
    again = CliRunner().invoke(root, words)
    assert again.exit_code == 0, again.output
    assert again.output.count("is finished") == stages - 1

    anew = CliRunner().invoke(root, [*words, "--fresh"])
    assert anew.exit_code == 0, anew.output
    assert anew.output.count("the earlier run is in") == anew.output.count("step 1/1") == stages
    assert Path("runs/pocket/speech/earlier-1/speech/config.json").is_file()
