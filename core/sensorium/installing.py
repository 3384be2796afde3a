"""How an optional package gets here: said as Sensorium itself was installed.

No line names Sensorium as something to fetch from an index: nobody has published it there, so
whoever took the name would be installed.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from .text_files import read_text

PROJECT = "sensorium"

_ON_A_SPACE = "SPACE_ID"
"""Environment variable that Hugging Face sets in every Space."""

_MARKED = re.compile(r"""\s*(?P<package>[^;]+?)\s*;\s*extra\s*==\s*['"](?P<extra>[\w.-]+)['"]\s*""")
_OURS = re.compile(rf"{PROJECT}\[(?P<extras>[\w,. -]+)\]")


def install_line(extra: str) -> str:
    """What brings the packages of an extra.

    In a checkout `pip install -e` with the extra; from a wheel `pip install` of the packages
    themselves; on a Hugging Face Space the lines that requirements.txt lacks.
    """
    checkout = _checkout()
    if checkout is None:
        packages = _packages(extra, _of_the_distribution())
        if not packages:
            return f"pip install the packages of the extra '{extra}', which pyproject.toml lists"
        return "pip install " + " ".join(f"'{package}'" for package in packages)
    if os.environ.get(_ON_A_SPACE):
        packages = _packages(extra, _project(checkout).get("optional-dependencies", {}))
        return f"add to requirements.txt: {', '.join(packages)}"
    return f"pip install -e '{checkout}[{extra}]'"


def _checkout() -> Path | None:
    """The folder of the sources that this runs from, if it does."""
    sources = Path(__file__).parents[2]
    return sources if _project(sources).get("name") == PROJECT else None


def _project(folder: Path) -> dict[str, object]:
    try:
        text = read_text(folder / "pyproject.toml")
        project: dict[str, object] = tomllib.loads(text).get("project", {})
    except (OSError, ValueError):
        return {}
    return project


def _of_the_distribution() -> dict[str, list[str]]:
    """The extras of what pip installed, as in the table of pyproject.toml."""
    try:
        required = requires(PROJECT) or []
    except PackageNotFoundError:
        return {}
    extras: dict[str, list[str]] = {}
    for found in filter(None, map(_MARKED.fullmatch, required)):
        extras.setdefault(found["extra"], []).append(found["package"])
    return extras


def _packages(extra: str, table: object) -> list[str]:
    """Those of others; an extra that brings one of our own brings its packages."""
    if not isinstance(table, dict):
        return []
    named: Iterable[str] = table.get(extra, ())
    packages: list[str] = []
    for package in named:
        if ours := _OURS.match(package):
            for inner in ours["extras"].split(","):
                packages += _packages(inner.strip(), table)
        else:
            packages.append(package)
    return list(dict.fromkeys(packages))
