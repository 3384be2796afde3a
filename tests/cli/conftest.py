"""A command line over the built-in commands and one fake plugin."""

import importlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sensorium.builtin
from click.testing import CliRunner, Result
from PIL import Image
from sensorium.cli.root import root
from sensorium.discovery import empty_plugins
from sensorium.registry import Registry

PLUGIN = Path(__file__).parent / "plugin"

RECIPE = """\
llm: {plugin: counter}
encoders:
  image: {plugin: eye, projector: {plugin: identity}}
template: lines
"""

Run = Callable[..., Result]


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.syspath_prepend(str(PLUGIN))
    plugins = empty_plugins()
    plugins.register(sensorium.builtin, "builtin", "the core")
    plugins.register(importlib.import_module("counting_plugin"), "counting", "a test folder")
    return Registry(plugins)


@pytest.fixture
def run(registry: Registry) -> Run:
    """`run("ask", "hi", input=...)` in this process."""

    def run(*arguments: object, input: str | bytes | None = None) -> Result:
        words = [str(argument) for argument in arguments]
        return CliRunner().invoke(root, words, input=input, obj=registry)

    return run


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE)
    return path


@pytest.fixture
def mlp_recipe(recipe: Path) -> Path:
    """Its projector has weights, random ones."""
    recipe.write_text(RECIPE.replace("identity", "mlp"))
    return recipe


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "a red one.png"
    Image.new("RGB", (6, 4), "red").save(path)
    return path


@pytest.fixture
def environment() -> dict[str, str]:
    """For a process of its own, with the fake plugin found as a folder."""
    return {**os.environ, "SENSORIUM_PLUGINS": str(PLUGIN), "TERM": "dumb", "HF_HUB_OFFLINE": "1"}


@pytest.fixture
def start(environment: dict[str, str]) -> Callable[..., subprocess.Popen[str]]:
    """`start("chat", stdin=PIPE)`: the real thing, Ctrl-C as a terminal has it."""
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from sensorium.cli import main; main()"
    )

    def start(*arguments: object, **settings: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", code, *(str(argument) for argument in arguments)]
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        kind = {"text": True, "encoding": "utf-8"}
        return subprocess.Popen(command, env=environment, **{**pipes, **kind, **settings})

    return start
