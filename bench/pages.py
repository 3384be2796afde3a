"""Tables that measurements put into the docs, each between `<!-- NAME -->` and `<!-- /NAME -->`."""

from __future__ import annotations

from pathlib import Path

import torch
from sensorium_trainers.machine import processor

_DOCS = Path(__file__).parents[1] / "docs"
MEASUREMENTS, CPU = _DOCS / "measurements.md", _DOCS / "cpu.md"


def made_on(threads: int, more: str) -> str:
    """The line under a table: on which machine, and by what."""
    return f"On {threads} threads of {processor()}, torch {torch.__version__}, {more}."


def put(page: Path, name: str, table: str) -> None:
    """Replace what stands there; SystemExit where the page has no such place."""
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    before, begun, rest = page.read_text("utf-8").partition(begin)
    _, ended, after = rest.partition(end)
    if not (begun and ended):
        raise SystemExit(f"{page} has no place for the table '{name}'.")
    page.write_text(before + begin + table + end + after, "utf-8")
