"""How much a transplanted projector saves: steps of `align` to the loss of a random start.

    python bench/transplant.py [--width 192] [--text-steps 4000] [--steps 600]

Language model A is that of the shipped pocket model. B has another width and has learned nothing
but text of the same world: scenes described in words, questions about them, answers. `align` then
trains a projector for the frozen B on pictures, once from the transplanted projector and once from
random weights, on the same samples in the same order; both are judged by the loss on the same
held-out pictures. Prints JSON; the language model in --folder is not trained again.
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

POINTS = 12
"""How often a curve is measured."""

HELD_OUT = 64
"""Pictures, with six questions each."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--width", type=int, default=192, help="of B; a multiple of 32")
    parser.add_argument("--scenes", type=int, default=20_000, help="described in words")
    parser.add_argument("--text-steps", type=int, default=4000)
    parser.add_argument("--steps", type=int, default=600, help="of align")
    parser.add_argument("--batch", type=int, default=12)
    parser.add_argument("--folder", type=Path, default=Path("runs/transplant"))
    told = parser.parse_args()
    registry = create_registry()
    torch.manual_seed(0)
    other = language_model(told, registry)
    seeing = pocket_that_sees(told.folder)
    lines: list[str] = []
    wanted = {"model": str(seeing), "llm": other, "output": str(told.folder / "moved")}
    recipe = TransplantRecipe.model_validate(wanted)
    moved = transplant(recipe, registry, lines.append)
    random = json.loads(seeing.read_text())
    random["llm"] = other
    random["encoders"]["image"]["projector"] = {"plugin": "mlp", "depth": 2}
    curves = {
        "transplanted": align(told, registry, "transplanted", str(moved)),
        "random": align(told, registry, "random", random),
    }
    print(json.dumps(report(told, lines[0], curves), indent=2))


def language_model(told: argparse.Namespace, registry: Registry) -> dict[str, Any]:
    """B, trained on text alone."""
    shape, text = told.folder / "shape", told.folder / "text.jsonl"
    shape.mkdir(parents=True, exist_ok=True)
    shutil.copy(SHAPE / "tokenizer.json", shape)
    config = json.loads((SHAPE / "config.json").read_text())
    config |= {"hidden_size": told.width, "intermediate_size": 4 * told.width}
    config["num_attention_heads"] = told.width // 32
    (shape / "config.json").write_text(json.dumps(config))
    if not text.exists():
        text.write_text("".join(f"{json.dumps(talk)}\n" for talk in described(told.scenes)))
    model = {"plugin": "phi2", "checkpoint": str(shape), "random_seed": 2}
    recipe = {
        "model": {"template": "pocket", "llm": model},
        "data": [{"format": "chat", "path": str(text)}],
        "output": str(told.folder / "text"),
        # Small embeddings at the start: in the end they are what was learned, as in a large model.
        "initial_std": {"llm.*(dense|fc2)\\.weight": 0.015},
        "steps": told.text_steps,
        "batch_size": 4 * told.batch,
        "warmup_steps": told.text_steps // 30,
        "learning_rate": 2e-3,
        "save_every": max(told.text_steps // 4, 1),
    }
    bundle = Run(STAGES["pretrain"], TrainingRecipe.model_validate(recipe), registry).train(print)
    return {"plugin": "phi2", "checkpoint": str(Path(str(bundle)) / "llm")}


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


def pocket_that_sees(folder: Path) -> Path:
    """The shipped model without its ears, as a recipe."""
    image = {
        "plugin": "clip",
        "checkpoint": str(POCKET / "bundle/encoders/image"),
        "layer": -1,
        "fit": "pad",
        "projector": {
            "plugin": "mlp",
            "depth": 2,
            "weights": str(POCKET / "bundle/projectors/image.safetensors"),
        },
    }
    llm = {"plugin": "phi2", "checkpoint": str(POCKET / "bundle/llm")}
    path = folder / "pocket.yaml"  # JSON is YAML
    path.write_text(json.dumps({"template": "pocket", "llm": llm, "encoders": {"image": image}}))
    return path


def align(
    told: argparse.Namespace, registry: Registry, name: str, model: str | dict[str, Any]
) -> dict[int, float]:
    """Train the projector alone → the loss on held-out pictures, by steps."""
    folder = told.folder / name
    recipe = {
        "model": model,
        "data": [{"format": "pocket-questions", "seed": 40, "questions": 6}],
        "output": str(folder),
        "steps": told.steps,
        "batch_size": told.batch,
        "learning_rate": 2e-3,
        "warmup_steps": told.steps // 30,
        "schedule": "constant",
        "log_every": told.steps // POINTS,
        "save_every": told.steps // POINTS,
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
    told: argparse.Namespace, fit: str, losses: dict[str, dict[int, float]]
) -> dict[str, Any]:
    """Both curves, and where one reaches what the other ends with."""
    random, transplanted = losses["random"], losses["transplanted"]
    best = min(random.values())
    return {
        "threads": torch.get_num_threads(),
        "widths": [128, told.width],
        "fit": fit,
        "steps_of_the_random_start": min(at for at, loss in random.items() if loss == best),
        "its_loss": best,
        "steps_of_the_transplanted_to_that_loss": min(
            (at for at, loss in transplanted.items() if loss <= best), default=None
        ),
        "losses": losses,
    }


if __name__ == "__main__":
    main()
