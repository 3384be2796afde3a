"""Measures the shipped pocket model, and writes what it measured into README.md and docs/pocket.md.

    python bench/pocket_scores.py [--only pocket] [--tables]

Runs `sensorium eval` once for every table and keeps the results in `scores.json`, with the hash of
the weights they belong to; those of other weights are dropped. `--only` measures one table anew,
`--tables` none: it only writes them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
POCKET = ROOT / "plugins/pocket/sensorium_pocket"
SCORES = POCKET / "scores.json"
PAGES = (ROOT / "README.md", ROOT / "docs" / "pocket.md")
TITLES = {
    "pocket": "{:,} unseen scenes",
    "pocket-speech": "{:,} clips of each set",
    "pocket-spoken": "{:,} unseen scenes, typed and spoken",
    "pocket-spoken, features": "{:,} unseen scenes, typed and spoken, no transcript",
}
FEATURES = ["--set", "encoders.audio.mode=features"]
MARKED = re.compile(r"(<!-- scores ([^>]+) -->\n).*?(<!-- /scores -->)", re.DOTALL)


def weights() -> str:
    """SHA-256 over the hashes of all files of the bundle."""
    files = json.loads((POCKET / "bundle/sensorium.json").read_text("utf-8"))["files"]
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()


def measure(name: str) -> dict[str, Any]:
    """The report of one evaluation, `, features` behind its name for the other way to hear."""
    evaluation, separator, _ = name.partition(", ")
    command = [sys.executable, "-m", "sensorium", "eval", evaluation, "--json"]
    command += FEATURES if separator else []
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def table(name: str) -> str:
    """One table as Markdown."""
    report = json.loads(SCORES.read_text("utf-8"))["evaluations"][name]
    title = TITLES[name].format(report["limit"])
    rows = [f"| {title} | right | of | share |", "|---|--:|--:|--:|"]
    for group, score in report["scores"].items():
        counts = f"{score['right']:,.0f} | {score['total']:,.0f}"
        rows.append(f"| {group} | {counts} | {score['share']:.3f} |")
    return "\n".join(rows) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=TITLES)
    parser.add_argument("--tables", action="store_true")
    arguments = parser.parse_args()
    scores = json.loads(SCORES.read_text("utf-8"))
    if scores["weights"] != weights():
        scores = {"weights": weights(), "evaluations": {}}  # those of other weights say nothing
    wanted = [arguments.only] if arguments.only else [n for n in TITLES if not arguments.tables]
    for name in wanted:
        scores["evaluations"][name] = measure(name)
        SCORES.write_text(json.dumps(scores, indent=2) + "\n", "utf-8")
    for page in PAGES:
        text = MARKED.sub(
            lambda found: found[1] + table(found[2]) + found[3], page.read_text("utf-8")
        )
        page.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
