"""How much faster `sensorium train` is than a loop that does what LLaVA-style trainers do.

    python -m bench.training [--case encoder-bound] [--steps N] [--batch N] [--threads N] [--smoke]

Both sides learn from the same samples in the same order, from the same weights, in turns: after
every step of `sensorium train` the other loop (llava_loop.py) makes the same step, so whatever else
the machine does meets both. The first step of each phase warms up and is not counted.

- encoder-bound: `align` between a full-size CLIP-L/336 and a small Phi, random weights. In the
  first epoch Sensorium fills its cache of features, in the second it finds them.
- llm-bound: `instruct` of a Phi of 100 M on captions and conversations of very mixed length,
  packed.

Prints JSON; a whole run also keeps it in `training.json` and writes docs/measurements.md. `--smoke`
runs tiny models in seconds: it shows that both sides learn the same, not how fast.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from sensorium.registry import create_registry
from sensorium.version import __version__
from sensorium_trainers.language import LanguageObjective
from sensorium_trainers.loop import Run
from sensorium_trainers.machine import processor
from sensorium_trainers.reading import Reader
from sensorium_trainers.recipe import TrainingRecipe
from sensorium_trainers.skipping import Skipped
from sensorium_trainers.stages import STAGES
from sensorium_trainers.trainer import StageTrainer
from transformers import TrainerCallback

from bench.llava_loop import LlavaLoop
from bench.pages import MEASUREMENTS, put
from bench.training_cases import ENCODER_BOUND, LLM_BOUND, Case, write_data, write_models

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "bench/training.json"
CASES = {case.name: case for case in (ENCODER_BOUND, LLM_BOUND)}
SMOKE = {"width": 64, "layers": 1, "vocabulary": 1280, "batch": 2, "steps": 3}
SMOKE_ENCODER = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "image_size": 56,
}
BARS = {"cold": 0.95, "warm": 8.0, "packed": 1.6}
VALIDATION_SEEDS = 900_000
NOISE = 0.01
"""Relative difference of validation losses that rounding explains."""


class Turns(TrainerCallback):  # type: ignore[misc]
    """After each step of the Trainer, the other loop's; seconds and positions of both."""

    def __init__(self, other: LlavaLoop, reader: Reader, length: Callable[[int], int]) -> None:
        self.ours: list[float] = []
        self.others: list[float] = []
        self.positions: list[int] = []
        self._other = other
        self._reader = reader
        self._length = length
        self._read: deque[list[int]] = deque()  # the Trainer reads ahead
        self._since = 0.0

    def __call__(self, indices: Sequence[int]) -> dict[str, Any]:
        """The Trainer's collator: remembers which samples a step has."""
        self._read.append(list(indices))
        return self._reader(indices)

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._since = time.perf_counter()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        began = time.perf_counter()
        self.ours.append(began - self._since)
        indices = self._read.popleft()
        self._other.step(indices)
        self.others.append(time.perf_counter() - began)
        self.positions.append(sum(self._length(index) for index in indices))
        self._since = time.perf_counter()


def measure(case: Case, folder: Path, threads: int) -> dict[str, Any]:
    """Train both sides → figures by phase, and the validation loss of both."""
    samples = case.batch * case.steps
    registry = create_registry()
    data = write_data(case, folder / "data", first=0, samples=samples)
    tree = {
        "model": write_models(case, folder / "models"),
        "data": [{"format": "llava", "path": str(data)}],
        "output": str(folder / "run"),
        "steps": case.steps * (2 if case.cached else 1),
        "batch_size": case.batch,
        "learning_rate": 1e-3,
        "schedule": "constant",
        "threads": threads,
        "device": "cpu",
        "save_every": 10_000,
    }
    kept = {"folder": str(folder / "features")} if case.cached else None
    fast = {"row_positions": case.row_positions, "features": kept}
    recipe = TrainingRecipe.model_validate(tree | fast)
    stage = STAGES[case.stage]
    ours = Run(stage, recipe, registry)
    plain = Run(stage, TrainingRecipe.model_validate(tree), registry)
    objective, other = ours.objective, plain.objective
    if not isinstance(objective, LanguageObjective) or not isinstance(other, LanguageObjective):
        raise TypeError("both stages have a language objective")
    loop = LlavaLoop(other, plain.data, recipe)
    held_out = write_data(case, folder / "held_out", first=VALIDATION_SEEDS, samples=4 * case.batch)
    unseen = _opened(held_out, tree, registry)
    before = _losses(objective, loop, unseen, case.batch)
    turns = Turns(
        loop,
        Reader(ours.data, objective, recipe.seed),
        lambda index: len(objective.packer.pack(ours.data[index]).ids),
    )
    trainer = StageTrainer(objective, recipe, ours.data, Skipped(0.0, print), [turns])
    trainer.data_collator = turns
    trainer.train()
    after = _losses(objective, loop, unseen, case.batch)
    phases = {"cold": slice(1, case.steps), "warm": slice(case.steps + 1, None)}
    if not case.cached:
        phases = {"packed": slice(1, None)}
    return {
        "parameters": {part.group: part.total for part in ours.parameters()},
        "batch": case.batch,
        "phases": {name: _phase(turns, part, case.batch, name) for name, part in phases.items()},
        "validation_loss": {"before": before, "after": after},
        "same_result": abs(after[0] - after[1]) <= NOISE * after[1],
    }


def _opened(path: Path, tree: dict[str, Any], registry: Any) -> Any:
    from sensorium_trainers.holdout import open_split

    data = [{"format": "llava", "path": str(path)}]
    return open_split(TrainingRecipe.model_validate(tree | {"data": data}), registry)[0]


def _losses(objective: LanguageObjective, loop: LlavaLoop, data: Any, batch: int) -> list[float]:
    """Mean loss on unseen samples: of ours, and of the other loop."""
    batches = [[data[i] for i in range(at, at + batch)] for at in range(0, len(data), batch)]
    with torch.no_grad():
        ours = [float(objective.loss(objective.collate(samples))) for samples in batches]
    others = [loop.loss(samples) for samples in batches]
    return [sum(losses) / len(losses) for losses in (ours, others)]


def _phase(turns: Turns, part: slice, batch: int, name: str) -> dict[str, Any]:
    ours, others = sum(turns.ours[part]), sum(turns.others[part])
    positions, steps = sum(turns.positions[part]), len(turns.ours[part])
    ratio = others / ours
    return {
        "steps": steps,
        "samples_per_second": [round(steps * batch / seconds, 3) for seconds in (ours, others)],
        "tokens_per_second": [round(positions / seconds, 1) for seconds in (ours, others)],
        "ratio": round(ratio, 2),
        "bar": BARS[name],
        "met": ratio >= BARS[name],
    }


def table(report: dict[str, Any]) -> str:
    """The results as Markdown."""
    unit = {"cold": "samples", "warm": "samples", "packed": "tokens"}
    titles = {
        "cold": "`align`, CLIP-L/336, cache being filled",
        "warm": "`align`, CLIP-L/336, cache warm",
        "packed": "`instruct`, Phi of {llm:,.0f} M, packed",
    }
    rows = [
        "| case | unit | Sensorium | LLaVA-style | ratio | validation loss |",
        "|---|---|--:|--:|--:|--:|",
    ]
    for case in report["cases"].values():
        losses = " / ".join(f"{loss:.4f}" for loss in case["validation_loss"]["after"])
        for name, phase in case["phases"].items():
            title = titles[name].format(llm=case["parameters"]["llm"] / 1e6)
            ours, others = phase[f"{unit[name]}_per_second"]
            figures = f"{unit[name]}/s | {ours:,.2f} | {others:,.2f} | {phase['ratio']:.2f}"
            rows.append(f"| {title} | {figures} | {losses} |")
    machine = report["machine"]
    said = f"On {machine['threads']} threads of {machine['processor']}, torch {machine['torch']}."
    return "\n".join([*rows, "", said]) + "\n"


def machine() -> dict[str, Any]:
    """Where it ran."""
    return {
        "processor": processor(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "sensorium": __version__,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--case", choices=CASES, action="append", help="Only this one.")
    parser.add_argument("--smoke", action="store_true", help="Tiny models; no ratio counts.")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--encoder-layers", type=int, help="Of the CLIP-L/336.")
    sizes = ("steps", "batch", "width", "layers")
    for size in sizes:
        parser.add_argument(f"--{size}", type=int)
    arguments = parser.parse_args()
    changed = {size: getattr(arguments, size) for size in sizes if getattr(arguments, size)}
    report: dict[str, Any] = {"cases": {}}
    for name in arguments.case or CASES:
        case = replace(CASES[name], **(SMOKE if arguments.smoke else {}) | changed)
        if case.encoder is not None and arguments.smoke:
            case = replace(case, encoder=SMOKE_ENCODER)
        elif case.encoder is not None and arguments.encoder_layers:
            case = replace(case, encoder={"num_hidden_layers": arguments.encoder_layers})
        with tempfile.TemporaryDirectory() as folder:
            report["cases"][name] = measure(case, Path(folder), arguments.threads)
    report["machine"] = machine()
    print(json.dumps(report, indent=2))
    if not (arguments.smoke or arguments.case or arguments.encoder_layers or changed):
        RESULTS.write_text(json.dumps(report, indent=2) + "\n", "utf-8")
        put(MEASUREMENTS, "training", table(report))


if __name__ == "__main__":
    main()
