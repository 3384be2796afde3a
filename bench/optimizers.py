"""AdamW and Muon on the same samples from random weights: the pocket's eyes, by loss and by time.

    python -m bench.optimizers [--steps 300] [--threads 2] [--write] [--smoke]

The stage `encoder` of the pocket's plan, shortened, once for every optimizer and learning rate.
Prints a table in Markdown, and with `--write` puts it into docs/measurements.md; `--smoke` takes
two steps of each.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sensorium.registry import create_registry
from sensorium_pocket import FOLDER
from sensorium_trainers.loop import Run
from sensorium_trainers.recipe import load_training_recipe
from sensorium_trainers.stages import STAGES

from .pages import MEASUREMENTS, made_on, options, publish

RATES = (7.5e-4, 1.5e-3, 3e-3, 6e-3, 1.2e-2)
SETTINGS = [(optimizer, rate) for optimizer in ("adamw", "muon") for rate in RATES]


def rows(steps: int, threads: int, folder: Path) -> Iterator[str]:
    """Lines of the table."""
    registry = create_registry()
    for optimizer, rate in SETTINGS:
        changes = {
            "optimizer": optimizer,
            "learning_rate": rate,
            "steps": steps,
            "warmup_steps": steps // 20,
            "threads": threads,
            "output": folder / f"{optimizer}-{rate}",
            "save_every": steps,
            "log_every": max(1, steps // 8),
        }
        words = [f"{key}={value}" for key, value in changes.items()]
        recipe = load_training_recipe(FOLDER / "recipes/encoder.yaml", words)
        Run(STAGES["encoder"], recipe, registry).train(lambda line: None)
        *_, line = (recipe.output / "log.jsonl").read_text("utf-8").splitlines()
        last = json.loads(line)
        cells = f"{last['loss']:.3f} | {last['thing_accuracy']:.3f} | {last['seconds']:,.0f} s"
        yield f"| {optimizer} | {rate:g} | {cells} |"


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--steps", type=int, default=300)
    given = parser.parse_args()
    steps = 2 if given.smoke else given.steps
    lines = [
        "| optimizer | learning rate | loss | patches right | time |",
        "|---|--:|--:|--:|--:|",
    ]
    with tempfile.TemporaryDirectory() as folder:
        lines += rows(steps, given.threads, Path(folder))
    made = "\n".join([*lines, "", made_on(given.threads, f"{steps} steps")]) + "\n"
    publish(MEASUREMENTS, "optimizers", made, write=given.write)


if __name__ == "__main__":
    main()
