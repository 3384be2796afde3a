import json
import subprocess
import sys

import pytest
from sensorium.discovery import BrokenPlugin


def test_list_has_every_kind(run):
    result = run("plugins", "list")
    assert result.exit_code == 0
    rows = [line.split() for line in result.stdout.splitlines()]
    assert rows[0] == ["KIND", "NAME", "PLUGIN", "SUMMARY"]
    assert ["encoder", "eye", "counting", "sees", "nothing", "much"] in rows
    assert ["command", "ask", "builtin", "One", "question,", "one", "streamed", "answer."] in rows


def test_broken_plugins_stand_at_the_end(run, registry):
    registry.plugins.broken.append(BrokenPlugin("limping", "its folder", "ImportError: a\nb"))
    result = run("plugins", "list")
    assert result.stdout.endswith("\n\nLEFT OUT: limping (its folder): ImportError: a b\n")
    assert result.stderr == ""


def test_list_as_json(run, registry):
    registry.plugins.broken.append(BrokenPlugin("limping", "its folder", "reason"))
    listed = json.loads(run("plugins", "list", "--json").stdout)
    expected = {"kind": "evaluation", "name": "counting", "plugin": "counting"}
    assert {**expected, "summary": "does it count"} in listed["entries"]
    assert {"name": "counting", "source": "a test folder"} in listed["plugins"]
    assert listed["broken"] == [{"name": "limping", "source": "its folder", "reason": "reason"}]


def test_why_shows_source_and_options(run):
    shown = run("plugins", "why", "counter").stdout
    assert "language model counter: counts what it reads" in shown
    assert "plugin    counting" in shown
    assert "from      a test folder" in shown
    assert "delay_seconds: float = 0\n        How long a step takes." in shown
    assert "checkpoint: str | None = None" in shown


def test_why_of_a_name_of_several_kinds(run):
    shown = run("plugins", "why", "counting").stdout
    assert shown.startswith("evaluation counting: does it count")
    assert "plugin counting\n  from      a test folder\n  registers\n    encoder eye\n" in shown


def test_why_of_a_template(run):
    shown = run("plugins", "why", "lines").stdout
    assert "roles     system, user, assistant" in shown
    assert "stops at  <|end|>" in shown


def test_why_of_a_broken_plugin(run, registry):
    registry.plugins.broken.append(BrokenPlugin("limping", "its folder", "ImportError: a"))
    result = run("plugins", "why", "limping")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[1:] == ["  from    its folder", "  ImportError: a"]


def test_why_of_nothing(run):
    result = run("plugins", "why", "countr")
    assert result.exit_code == 2
    assert "Did you mean 'counter'?" in result.stderr


def test_types_in_words():
    from typing import Literal

    from sensorium.cli.describing import type_in_words

    assert type_in_words(Literal["a", "b"] | None) == "'a' | 'b' | None"
    assert type_in_words(tuple[str, ...]) == "tuple[str, ...]"
    assert type_in_words(int) == "int"


@pytest.fixture
def listed(environment):
    code = (
        "import sys\nfrom sensorium.cli import main\n"
        "try: main()\nfinally: print('torch' in sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "plugins", "list"],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done


def test_every_plugin_loads_without_torch(listed):
    assert "language model" in listed.stdout
    assert listed.stderr == "False\n"


def test_folder_plugins_are_found_and_the_broken_one_named(listed):
    assert "counts what it reads" in listed.stdout
    assert "LEFT OUT: unfinished" in listed.stdout
    assert "No module named 'counting_plugin_that_is_not_there'" in listed.stdout
