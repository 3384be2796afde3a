"""A measurement finds the place of its table in the docs, and changes nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bench.pages import CPU, MEASUREMENTS, put


@pytest.mark.parametrize(
    ("page", "name"),
    [
        *((MEASUREMENTS, name) for name in ("one step", "training", "precision", "optimizers")),
        *((CPU, name) for name in ("encoders", "speed", "chat", "speculation")),
    ],
)
def test_a_table_replaces_the_one_before(page: Path, name: str, tmp_path: Path) -> None:
    copy = Path(shutil.copy(page, tmp_path))
    put(copy, name, "| new |\n")
    written = copy.read_text("utf-8")
    marked = f"<!-- {name} -->\n| new |\n<!-- /{name} -->"
    assert written.count(marked) == 1
    before, after = written.split(marked)
    assert page.read_text("utf-8").startswith(before)
    assert page.read_text("utf-8").endswith(after)


def test_a_page_without_a_place_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("<!-- speed -->\nno end")
    for name in ("speed", "memory"):
        with pytest.raises(SystemExit, match=f"no place for the table '{name}'"):
            put(tmp_path / "page.md", name, "| new |\n")
    assert (tmp_path / "page.md").read_text() == "<!-- speed -->\nno end"
