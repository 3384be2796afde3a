"""Ctrl-C ends the command line with 130 and in silence, whatever it is doing."""

from __future__ import annotations

import subprocess
import sys

import pytest

PLUGIN = """\
import atexit, os, signal, sys, time
from sensorium import Command, hookimpl

def interrupt():
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(1)

def swallow():
    try:
        interrupt()
    except BaseException:
        raise ImportError("swallowed")

def load():
    import click

    if MOMENT == "load":
        interrupt()

    @click.command("nap")
    @click.argument("moment")
    def nap(moment):
        from sensorium.cli.interrupting import AtOnce

        click.echo("awake")
        if MOMENT == "run":
            interrupt()
        if MOMENT == "heavy":
            with AtOnce():
                swallow()
        if MOMENT == "after":
            with AtOnce():
                pass
            interrupt()
        if MOMENT == "caught":
            try:
                interrupt()
            except KeyboardInterrupt:
                click.echo("cleaned up")
                raise
        if MOMENT == "exit":
            atexit.register(swallow)
    return nap

MOMENT = sys.argv[2] if len(sys.argv) > 2 else ""
if MOMENT == "import":
    interrupt()
if MOMENT == "swallowed":
    swallow()

@hookimpl
def register_commands():
    if MOMENT == "hook":
        interrupt()
    yield Command("nap", "s", load)
"""
PYPROJECT = """\
[project]
name = "nap"
version = "0"
[project.entry-points.sensorium]
nap = "nap_plugin"
"""


@pytest.fixture
def nap(tmp_path, environment):
    """`nap("load")`: a command that is interrupted at this moment."""
    (tmp_path / "nap_plugin.py").write_text(PLUGIN)
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.{handler})\n"
        "from sensorium.cli import main; main()"
    )

    def run(moment: str, handler: str = "default_int_handler") -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-c", code.format(handler=handler), "nap", moment]
        found = environment | {"SENSORIUM_PLUGINS": str(tmp_path)}
        return subprocess.run(words, env=found, capture_output=True, text=True, timeout=120)

    return run


@pytest.mark.parametrize(
    "moment", ["import", "swallowed", "hook", "load", "run", "heavy", "after", "caught", "exit"]
)
def test_it_is_quiet_at_any_moment(nap, moment):
    done = nap(moment)
    assert (done.returncode, done.stderr.strip()) == (130, "")
    printed = {"import": "", "swallowed": "", "hook": "", "load": ""}.get(moment, "awake\n")
    assert done.stdout == printed + ("cleaned up\n" if moment == "caught" else "")


def test_one_who_ignores_it_goes_on_ignoring_it(nap):
    done = nap("import", handler="SIG_IGN")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "awake\n"


def test_the_first_modules_import_next_to_nothing(environment: dict[str, str]):
    """Until they are imported nobody can be quiet about Ctrl-C."""
    code = "import enum, signal, sys; before = {*sys.modules}\n"
    code += "import sensorium.cli, sensorium.cli.interrupting; print(*{*sys.modules} - before)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert {*done.stdout.split()} - {"__future__"} == {
        *("sensorium", "sensorium.version", "sensorium.cli", "sensorium.cli.interrupting")
    }
