"""Writes the table of docs/pocket.md and README.md from the measured scores.

sensorium eval pocket --limit 1000 --json > plugins/pocket/sensorium_pocket/scores.json
python bench/pocket_table.py
"""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
SCORES = ROOT / "plugins/pocket/sensorium_pocket/scores.json"
PAGES = (ROOT / "README.md", ROOT / "docs" / "pocket.md")
MARKED = re.compile(r"(<!-- scores -->\n).*?(<!-- /scores -->)", re.DOTALL)


def table() -> str:
    """The scores as Markdown."""
    report = json.loads(SCORES.read_text("utf-8"))
    rows = [f"| {report['limit']:,} unseen scenes | right | of | share |", "|---|--:|--:|--:|"]
    for group, score in report["scores"].items():
        counts = f"{score['right']:,.0f} | {score['total']:,.0f}"
        rows.append(f"| {group} | {counts} | {score['share']:.3f} |")
    return "\n".join(rows) + "\n"


def main() -> None:
    for page in PAGES:
        text = MARKED.sub(lambda found: found[1] + table() + found[2], page.read_text("utf-8"))
        page.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
