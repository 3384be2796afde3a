"""How much a transplanted projector saves: steps of `align` to the loss of a random start.

    python bench/transplant.py [--width 192] [--text-steps 6000] [--first-steps 3000] [--steps 1200]

Two language models of the pocket's shape, A of its width and B of another, learn nothing but text
of its world: scenes described in words, questions about them, answers. `align` trains a projector
between the pocket's encoder and A, which is carried over to B; then `align` trains one for B, once
from there and once from random weights, on the same samples in the same order. Both are judged by
the loss on the same held-out pictures. Prints JSON; language models in --folder are not trained
again.
"""

from __future__ import annotations

import argparse
import json
import shutil
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import torch
from sensorium.registry import Registry, create_registry
from sensorium_pocket.data import Questions
from sensorium_pocket.options import WorldOptions
from sensorium_pocket.pictures import scene_of
from sensorium_pocket.world.questions import sample_questions
from sensorium_pocket.world.scenes import Scene
from sensorium_pocket.world.things import CELLS
from sensorium_trainers.checkpoints import checkpoints, step_of
from sensorium_trainers.loop import Run
from sensorium_trainers.recipe import TrainingRecipe
from sensorium_trainers.saving import AtomicCheckpoints
from sensorium_trainers.stages import STAGES
from sensorium_trainers.transplant import TransplantRecipe, transplant

POCKET = Path(__file__).parents[1] / "plugins/pocket/sensorium_pocket"
SHAPE = POCKET / "recipes" / "llm"
TEXT_SEEDS = 900 << 30
"""Scenes of the text, which no other seed of the world reaches."""

WIDTH = 128
"""Of the pocket model."""

POINTS = 12
"""How often a curve is measured."""

HELD_OUT = 64
"""Pictures, with six questions each."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--width", type=int, default=192, help="of B; a multiple of 32")
    parser.add_argument("--scenes", type=int, default=20_000, help="described in words")
    parser.add_argument("--text-steps", type=int, default=6000, help="of both language models")
    parser.add_argument("--first-steps", type=int, default=3000, help="of align for A")
    parser.add_argument("--steps", type=int, default=1200, help="of align for B")
    parser.add_argument("--batch", type=int, default=12)
    parser.add_argument("--folder", type=Path, default=Path("runs/transplant"))
    told = parser.parse_args()
    registry = create_registry()
    one, other = (language_model(told, registry, width) for width in (WIDTH, told.width))
    first = align(told, registry, "first", seeing(one), told.first_steps)
    wanted = {
        "model": str(told.folder / "first" / "bundle"),
        "llm": other,
        "output": str(told.folder / "moved"),
    }
    lines: list[str] = []
    moved = transplant(TransplantRecipe.model_validate(wanted), registry, lines.append)
    losses = {
        "transplanted": align(told, registry, "transplanted", str(moved), told.steps),
        "random": align(told, registry, "random", seeing(other), told.steps),
    }
    print(json.dumps(report(told, lines[0], first, losses), indent=2))


def language_model(told: argparse.Namespace, registry: Registry, width: int) -> dict[str, Any]:
    """One that was trained on text alone, as a section of a recipe."""
    shape, text = told.folder / f"shape-{width}", told.folder / "text.jsonl"
    shape.mkdir(parents=True, exist_ok=True)
    shutil.copy(SHAPE / "tokenizer.json", shape)
    config = json.loads((SHAPE / "config.json").read_text())
    config |= {"hidden_size": width, "intermediate_size": 4 * width}
    config["num_attention_heads"] = width // 32
    (shape / "config.json").write_text(json.dumps(config))
    if not text.exists():
        text.write_text("".join(f"{json.dumps(talk)}\n" for talk in described(told.scenes)))
    model = {"plugin": "phi2", "checkpoint": str(shape), "random_seed": width}
    recipe = {
        "model": {"template": "pocket", "llm": model},
        "data": [{"format": "chat", "path": str(text)}],
        "output": str(told.folder / f"text-{width}"),
        # Small embeddings at the start: in the end they are what was learned, as in a large model.
        "initial_std": {"llm.*(dense|fc2)\\.weight": 0.015},
        "steps": told.text_steps,
        "batch_size": 4 * told.batch,
        "warmup_steps": told.text_steps // 30,
        "learning_rate": 2e-3,
        "save_every": max(told.text_steps // 4, 1),
    }
    bundle = Run(STAGES["pretrain"], TrainingRecipe.model_validate(recipe), registry).train(print)
    return {"plugin": "phi2", "checkpoint": str(bundle / "llm")}


def seeing(llm: dict[str, Any]) -> dict[str, Any]:
    """A recipe with the pocket's encoder and a random projector."""
    image = {
        "plugin": "clip",
        "checkpoint": str(POCKET / "bundle/encoders/image"),
        "layer": -1,
        "fit": "pad",
        "projector": {"plugin": "mlp", "depth": 2},
    }
    return {"template": "pocket", "llm": llm, "encoders": {"image": image}}


def described(scenes: int) -> list[dict[str, Any]]:
    """Conversations about scenes that stand before the question in words."""
    talks = []
    for number in range(scenes):
        rng, scene = scene_of(TEXT_SEEDS + number)
        for turns in sample_questions(scene, rng, 2):
            first = f"{in_words(scene, rng)}. {turns[0].question}"
            said = [("user", first), ("assistant", turns[0].answer)]
            for turn in islice(turns, 1, None):
                said += [("user", turn.question), ("assistant", turn.answer)]
            talks.append({"messages": [{"role": who, "content": what} for who, what in said]})
    return talks


def in_words(scene: Scene, rng: Random) -> str:
    """`red cat top left, dog center`: everything in it, in any order."""
    items = [
        " ".join(word for word in (item.colour, item.thing, *CELLS[item.cell].split()) if word)
        for item in scene.items
    ]
    rng.shuffle(items)
    return ", ".join(items)


def align(
    told: argparse.Namespace,
    registry: Registry,
    name: str,
    model: str | dict[str, Any],
    steps: int,
) -> dict[int, float]:
    """Train the projector alone → the loss on held-out pictures, by steps."""
    folder = told.folder / name
    recipe = {
        "model": model,
        "data": [{"format": "pocket-questions", "seed": 40, "questions": 6}],
        "output": str(folder),
        "steps": steps,
        "batch_size": told.batch,
        "learning_rate": 2e-3,
        "warmup_steps": told.steps // 30,
        "schedule": "constant",
        "log_every": steps // POINTS,
        "save_every": steps // POINTS,
        "keep": POINTS,
    }
    run = Run(STAGES["align"], TrainingRecipe.model_validate(recipe), registry)
    held_out = Questions(WorldOptions(seed=41, length=HELD_OUT, questions=6))
    batches = [
        run.objective.collate([held_out[index] for index in range(start, start + 8)])
        for start in range(0, HELD_OUT, 8)
    ]
    losses = {0: loss_on(run, batches)}
    run.train(print, resume=False)
    for checkpoint in checkpoints(folder):
        AtomicCheckpoints.load_weights(run.objective, checkpoint)
        losses[step_of(checkpoint)] = loss_on(run, batches)
    return losses


@torch.no_grad()
def loss_on(run: Run, batches: list[dict[str, Any]]) -> float:
    """Mean over the batches."""
    run.objective.eval()
    found = [float(run.objective(**batch)["answer_loss"]) for batch in batches]
    return round(sum(found) / len(found), 4)


def report(
    told: argparse.Namespace,
    fit: str,
    first: dict[int, float],
    losses: dict[str, dict[int, float]],
) -> dict[str, Any]:
    """All curves, and where one reaches what the other ends with."""
    best = min(losses["random"].values())
    return {
        "threads": torch.get_num_threads(),
        "widths": [WIDTH, told.width],
        "fit": fit,
        "loss_of_a": first,
        "losses": losses,
        "steps_to_the_best_loss_of_the_random_start": {
            name: min((at for at, loss in curve.items() if loss <= best), default=None)
            for name, curve in losses.items()
        },
    }


if __name__ == "__main__":
    main()
