import subprocess
import sys
import time

import click
import pytest
from sensorium import Command, hookimpl
from sensorium.errors import CheckpointError, ConfigError, MediaError, PerceptionError

HEAVY = {"torch", "pydantic", "transformers", "PIL", "yaml", "rich", "numpy"}

BUILT_IN = [
    "ask",
    "chat",
    "transcribe",
    "app",
    "eval",
    "convert",
    "plugins",
    "config",
    "bench",
    "doctor",
]


class Bad:
    """A plugin whose commands fail in every way."""

    @hookimpl
    def register_commands(self):
        def command(error):
            def run():
                raise error

            return lambda: click.Command("x", callback=run)

        def absent():
            raise ImportError("no module\nnamed so")

        yield Command("wrong", "a", command(ConfigError("bad recipe", where="r.yaml", hint="Fix.")))
        yield Command("media", "b", command(MediaError("bad picture")))
        yield Command("weights", "c", command(CheckpointError("bad weights")))
        yield Command("bug", "d", command(KeyError("lost")))
        yield Command("interrupted", "e", command(KeyboardInterrupt()))
        failed = PerceptionError("The eye failed")
        failed.__cause__ = ValueError("boom,\nin two lines")
        yield Command("plugin", "d", command(failed))
        yield Command("ended", "f", command(EOFError()))
        yield Command("absent", "g", absent)
        yield Command("thing", "h", lambda: "no command")
        yield Command("number", "i", lambda: click.Command("x", callback=lambda: 7))


@pytest.fixture
def bad(registry):
    registry.plugins.register(Bad(), "bad", "here")


def test_help_lists_commands_and_summaries(run):
    result = run("--help")
    assert result.exit_code == 0
    listed = [
        line.split()[0]
        for line in result.stdout.split("Commands:")[1].split("\n\n")[0].splitlines()
        if line
    ]
    assert listed == BUILT_IN
    assert "Talk with a model in the terminal." in result.stdout


def test_help_imports_no_command(bad, run):
    result = run("--help")
    assert result.exit_code == 0
    assert "absent" in result.stdout


@pytest.mark.parametrize("command", BUILT_IN)
def test_every_command_has_help(run, command):
    result = run(command, "--help")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith(f"Usage: sensorium {command}")


def test_version(run):
    from sensorium import __version__

    assert run("--version").stdout == f"sensorium {__version__}\n"


def test_unknown_command_suggests_one(run):
    result = run("pluginz", "list")
    assert result.exit_code == 2
    assert "Did you mean 'plugins'?" in result.stderr


@pytest.mark.parametrize(
    ("command", "code", "line"),
    [
        ("wrong", 2, "Error: bad recipe (r.yaml). Fix."),
        ("media", 1, "Error: bad picture"),
        ("weights", 1, "Error: bad weights"),
        ("bug", 1, "Error: KeyError: 'lost' (unexpected; SENSORIUM_DEBUG=1 shows where)"),
        ("interrupted", 130, ""),
        ("plugin", 1, "Error: The eye failed: boom, in two lines (SENSORIUM_DEBUG=1 shows where)"),
        ("ended", 1, "Error: Something ended before it was complete (EOFError)"),
        (
            "absent",
            1,
            "Error: The command 'absent' of plugin 'bad' cannot be loaded: ImportError: no module "
            "named so. See: sensorium plugins list",
        ),
        (
            "thing",
            1,
            "Error: The command 'thing' of plugin 'bad' is a str. See: sensorium plugins list",
        ),
        ("number", 0, ""),
    ],
)
def test_exit_codes_and_one_line(bad, run, command, code, line):
    result = run(command)
    assert result.exit_code == code
    assert result.stderr.strip() == line
    assert result.stdout == ""


def test_debug_shows_the_traceback(bad, run, monkeypatch):
    monkeypatch.setenv("SENSORIUM_DEBUG", "1")
    result = run("media")
    assert result.exit_code == 1
    assert result.stderr.startswith("Traceback")
    assert result.stderr.endswith("Error: bad picture\n")


def test_help_is_quick_and_light(environment):
    code = (
        "import sys, time; began = time.perf_counter()\n"
        "from sensorium.cli import main\n"
        "try: main()\n"
        "finally: print(sorted(sys.modules), file=sys.stderr)"
    )
    took = []
    for _ in range(3):
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", code, "--help"], env=environment, capture_output=True, text=True
        )
        took.append(time.perf_counter() - began)
    print(f"sensorium --help: {min(took):.3f} s")
    assert done.returncode == 0, done.stderr
    assert "ask" in done.stdout
    assert "'sensorium.registry'" in done.stderr
    assert {name for name in HEAVY if f"'{name}'" in done.stderr} == set()
    assert min(took) <= 1.0


def test_runs_as_a_module(environment):
    done = subprocess.run(
        [sys.executable, "-m", "sensorium", "--version"],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout.split()[0]) == (0, "sensorium")


def test_closed_pipe_is_quiet(start):
    process = start("--help")
    process.stdout.close()
    process.stdout = None
    _, errors = process.communicate(timeout=60)
    assert errors == ""
    assert process.returncode == 1
