"""Measures the shipped pocket model, and writes what it measured into README.md and docs/pocket.md.

    python bench/pocket_scores.py [--only pocket] [--tables] [--rebuilt runs/pocket/bundle]

Runs `sensorium eval` once for every table and keeps the results in `scores.json`, with the hash of
the weights they belong to; those of other weights are dropped. `--only` measures one table anew,
`--tables` none: it only writes them. `--rebuilt` measures another bundle, made by
`sensorium train pocket`, and writes it beside the shipped one.
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
REBUILT = re.compile(r"(<!-- rebuilt -->\n)(.*?)(<!-- /rebuilt -->)", re.DOTALL)
SPOKEN = ("spoken", "typed")
"""The rows of the tables of spoken questions that stand beside those of a rebuilt model."""
MARKED = re.compile(r"(<!-- scores ([^>]+) -->\n).*?(<!-- /scores -->)", re.DOTALL)


def weights(bundle: Path = POCKET / "bundle") -> str:
    """SHA-256 over the hashes of all files of the bundle."""
    files = json.loads((bundle / "sensorium.json").read_text("utf-8"))["files"]
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()


def measure(name: str, model: str = "pocket") -> dict[str, Any]:
    """The report of one evaluation, `, features` behind its name for the other way to hear."""
    evaluation, separator, _ = name.partition(", ")
    command = [sys.executable, "-m", "sensorium", "eval", evaluation, "--json", "--model", model]
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


def rebuilt_table() -> str:
    """The shares of both bundles as Markdown; empty where none was rebuilt."""
    scores = json.loads(SCORES.read_text("utf-8"))
    rows = []
    for name, report in scores.get("rebuilt", {"evaluations": {}})["evaluations"].items():
        for group, score in report["scores"].items():
            if group.endswith("quick") or (
                name.startswith("pocket-spoken") and group not in SPOKEN
            ):
                continue  # times are of a machine, and parts of spoken questions are few
            shipped = scores["evaluations"][name]["scores"][group]["share"]
            points = 100 * (score["share"] - shipped)
            rows.append(
                f"| {name}: {group} | {shipped:.3f} | {score['share']:.3f} | {points:+.1f} |"
            )
    head = ["| evaluation | shipped | rebuilt | points |", "|---|--:|--:|--:|"]
    return "\n".join([*head, *rows]) + "\n" if rows else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=TITLES)
    parser.add_argument("--tables", action="store_true")
    parser.add_argument("--rebuilt", metavar="FOLDER", help="Measure this bundle instead.")
    arguments = parser.parse_args()
    scores = json.loads(SCORES.read_text("utf-8"))
    if scores["weights"] != weights():
        scores = {"weights": weights(), "evaluations": {}}  # those of other weights say nothing
    measured, model = scores, "pocket"
    if arguments.rebuilt:
        if scores["evaluations"].keys() != TITLES.keys():
            parser.error("--rebuilt stands beside the shipped bundle, which is not measured yet")
        model, other = arguments.rebuilt, weights(Path(arguments.rebuilt))
        if scores.get("rebuilt", {}).get("weights") != other:
            scores["rebuilt"] = {"weights": other, "evaluations": {}}
        measured = scores["rebuilt"]
    wanted = [arguments.only] if arguments.only else [n for n in TITLES if not arguments.tables]
    for name in wanted:
        measured["evaluations"][name] = measure(name, model)
        SCORES.write_text(json.dumps(scores, indent=2) + "\n", "utf-8")
    for page in PAGES:
        text = MARKED.sub(
            lambda found: found[1] + table(found[2]) + found[3], page.read_text("utf-8")
        )
        text = REBUILT.sub(lambda found: found[1] + rebuilt_table() + found[3], text)
        page.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
