"""The core's modules build on each other in one direction, types included."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
import sensorium

ROOT = Path(sensorium.__file__).parent


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def imported(path: Path) -> set[str]:
    """Every module that a file names in an import, at its top, in a function, or for a type."""
    here = name_of(path).split(".")
    package = here if path.name == "__init__.py" else here[:-1]
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            found |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return found


def graph() -> dict[str, set[str]]:
    paths = {name_of(path): path for path in ROOT.rglob("*.py")}
    # The package itself only hands out names, each on first use.
    return {
        name: imported(path) & paths.keys() - {name, "sensorium"}
        for name, path in paths.items()
        if name != "sensorium"
    }


def test_there_is_no_circle() -> None:
    modules = graph()
    assert modules["sensorium.engine"] >= {"sensorium.pipeline", "sensorium.hearing"}
    TopologicalSorter(modules).prepare()


def test_a_circle_would_be_found() -> None:
    modules = graph()
    modules["sensorium.errors"].add("sensorium.engine")
    with pytest.raises(CycleError):
        TopologicalSorter(modules).prepare()
