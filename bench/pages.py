"""Tables that measurements put into the docs, each between `<!-- NAME -->` and `<!-- /NAME -->`."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

import torch
from sensorium_trainers.machine import processor

_DOCS = Path(__file__).parents[1] / "docs"
MEASUREMENTS, CPU = _DOCS / "measurements.md", _DOCS / "cpu.md"


def options(described: str | None) -> ArgumentParser:
    """What every script that makes a table takes: --threads, --write, --smoke."""
    parser = ArgumentParser(description=(described or "").partition("\n")[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--write", action="store_true", help="Put the table into the docs.")
    parser.add_argument("--smoke", action="store_true", help="Tiny shapes; no figure counts.")
    return parser


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


def publish(page: Path, name: str, table: str, *, write: bool) -> None:
    """Print it and, if wanted, put it into the page."""
    print(table, end="")
    if write:
        put(page, name, table)
