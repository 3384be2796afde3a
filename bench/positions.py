"""How good the pocket model's answers are with fewer positions for a picture.

    python bench/positions.py [--align-steps 300] [--steps 900] [--limit 300] [--only NAME …]

For every projector: from the shipped encoder and language model and a projector of random weights,
`align` and then `instruct` (projector and language model) on the same samples, and
`sensorium eval pocket` on unseen scenes. All learn the same time, so they are compared with each
other and with `mlp`, which keeps all 36 positions; the shipped model learned far longer. Runs in
--folder go on where they were stopped. Prints a table in Markdown.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from sensorium.registry import Registry, create_registry
from sensorium_trainers.loop import Run
from sensorium_trainers.recipe import TrainingRecipe
from sensorium_trainers.stages import STAGES

POCKET = Path(__file__).parents[1] / "plugins/pocket/sensorium_pocket"
GRID = 6
"""Patches along each side of the pocket's pictures."""

PROJECTORS: dict[str, tuple[int, dict[str, Any]]] = {
    "mlp": (36, {"plugin": "mlp", "depth": 2}),
    **{
        f"average-pool {count}": (count, {"plugin": "average-pool", "max_positions": count})
        for count in (16, 9, 4)
    },
    **{
        f"pixel-shuffle {side}": ((GRID // side) ** 2, {"plugin": "pixel-shuffle", "factor": side})
        for side in (2, 3)
    },
    **{
        f"resampler {count}": (count, {"plugin": "resampler", "queries": count, "heads": 4})
        for count in (16, 9)
    },
}
"""Name → positions of a picture, and the projector's section of the recipe."""

GROUPS = ("yes/no", "where", "count", "at", "relation", "caption recall", "caption precision")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--align-steps", type=int, default=300)
    parser.add_argument("--steps", type=int, default=900, help="of instruct")
    parser.add_argument("--limit", type=int, default=300, help="scenes asked about")
    parser.add_argument("--only", nargs="+", choices=PROJECTORS, default=list(PROJECTORS))
    parser.add_argument("--folder", type=Path, default=Path("runs/positions"))
    told = parser.parse_args()
    registry = create_registry()
    print(f"| projector | positions | {' | '.join(GROUPS)} |")
    print(f"|---|{'--:|' * (1 + len(GROUPS))}")
    for name in told.only:
        positions, section = PROJECTORS[name]
        shares = scores(trained(told, registry, name, section), told.limit)
        cells = " | ".join(f"{shares[group]:.3f}" for group in GROUPS)
        print(f"| {name.split()[0]} | {positions} | {cells} |", flush=True)


def trained(
    told: argparse.Namespace, registry: Registry, name: str, projector: dict[str, Any]
) -> Path:
    """The bundle of a model with this projector."""
    folder = told.folder / name.replace(" ", "-")
    model: str | dict[str, Any] = {
        "template": "pocket",
        "llm": {"plugin": "phi2", "checkpoint": str(POCKET / "bundle/llm")},
        "encoders": {
            "image": {
                "plugin": "clip",
                "checkpoint": str(POCKET / "bundle/encoders/image"),
                "layer": -1,
                "fit": "pad",
                "projector": projector,
            }
        },
        "generation": {"max_tokens": 96},
    }
    for stage, steps in (("align", told.align_steps), ("instruct", told.steps)):
        recipe = TrainingRecipe.model_validate(
            {
                "model": model,
                "data": [{"format": "pocket-questions", "seed": 50, "questions": 6}],
                "output": str(folder / stage),
                "freeze": ["lm_head.bias"] if stage == "instruct" else [],
                "steps": steps,
                "batch_size": 10,
                "learning_rate": 2e-3,
                "schedule": "decay",
                "warmup_steps": max(1, steps // 20),
                "weight_decay": 0.02,
                "save_every": max(1, steps // 3),
            }
        )
        bundle = Run(STAGES[stage], recipe, registry).train(report)
        model = str(bundle)
    return bundle


def scores(bundle: Path, limit: int) -> dict[str, float]:
    """Share of right answers by group."""
    command = [sys.executable, "-m", "sensorium", "eval", "pocket", "--model", str(bundle)]
    command += ["--limit", str(limit), "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    return {group: score["share"] for group, score in json.loads(done.stdout)["scores"].items()}


def report(line: str) -> None:
    """Beside the table."""
    print(line, file=sys.stderr)


if __name__ == "__main__":
    main()
