"""The Space: its requirements are pyproject's, and it runs from files alone."""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
COPIED = ("core", "plugins", "trainers", "pyproject.toml", "spaces_app.py", "requirements.txt")

CHECK = """
import importlib.metadata, sys
import sensorium.discovery, sensorium.loading
sys.path.insert(0, {fakes!r})
import speaking
sensorium.loading.load = lambda *args, **more: speaking.make_engine(speaking.SpeakingModel())
import spaces_app, sensorium_pocket, sensorium.ui.page
root = {root!r}
for module in (sensorium.discovery, sensorium_pocket, sensorium.ui.page):
    assert module.__file__.startswith(root), module.__file__
assert not list(importlib.metadata.entry_points(group="sensorium"))
assert not spaces_app.registry.plugins.broken, spaces_app.registry.plugins.broken
names = {{plugin.name for plugin in spaces_app.registry.plugins.found}}
assert {{"builtin", "pocket"}} <= names, names
assert type(spaces_app.demo).__name__ == "Blocks"
chat = [b for b in spaces_app.demo.blocks.values() if b.elem_id == "chat"]
assert len(chat[0].examples) == 4
print("runs")
"""


def test_requirements_are_in_step() -> None:
    script = runpy.run_path(str(ROOT / ".ci" / "write_requirements.py"))
    written = (ROOT / "requirements.txt").read_text("utf-8")
    assert written == script["requirements"](), "run: python .ci/write_requirements.py"


def test_the_space_is_short() -> None:
    assert len((ROOT / "spaces_app.py").read_text("utf-8").splitlines()) < 40


@pytest.mark.slow
def test_it_runs_from_a_bare_copy(tmp_path: Path) -> None:
    copy, packages = tmp_path / "copy", tmp_path / "packages"
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            skip = shutil.ignore_patterns("__pycache__", "*.safetensors")
            shutil.copytree(source, copy / name, ignore=skip)
        else:
            shutil.copy(source, copy / name)
    # Everything that is installed here but us: no link to this checkout, no entry points.
    packages.mkdir()
    for place in Path(sysconfig.get_path("purelib")).iterdir():
        if "sensorium" not in place.name and place.suffix != ".pth":
            (packages / place.name).symlink_to(place)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PYTHONPATH": os.pathsep.join([str(copy), str(copy / "core"), str(packages)]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "GRADIO_TEMP_DIR": str(tmp_path / "uploads"),
    }
    code = CHECK.format(fakes=str(ROOT / "tests" / "ui"), root=str(copy))
    run = subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert run.stdout.strip().endswith("runs"), run.stderr[-3000:]
