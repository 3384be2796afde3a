"""How much a transplanted projector saves: steps of `align` to the loss of a random start.

    python bench/transplant.py [--width 192] [--text-steps 4000] [--steps 600]

Language model A is that of the shipped pocket model. B has another width and has learned nothing
but text of the same world: scenes described in words, questions about them, answers. `align` then
trains a projector for the frozen B on pictures, once from the transplanted projector and once from
random weights, on the same samples in the same order; every sample is new, so the loss while
training is that of unseen pictures. Prints JSON; finished parts in --folder are not made again.
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
from sensorium_pocket.pictures import scene_of
from sensorium_pocket.world.questions import sample_questions
from sensorium_pocket.world.scenes import Scene
from sensorium_pocket.world.things import CELLS
from sensorium_trainers.loop import Run
from sensorium_trainers.recipe import TrainingRecipe
from sensorium_trainers.stages import STAGES
from sensorium_trainers.transplant import TransplantRecipe, transplant

POCKET = Path(__file__).parents[1] / "plugins/pocket/sensorium_pocket"
SHAPE = POCKET / "recipes" / "llm"
TEXT_SEEDS = 900 << 30
"""Scenes of the text, which no other seed of the world reaches."""


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
        "initial_std": {"llm.*embed_tokens": 0.5, "llm.*(dense|fc2)\\.weight": 0.015},
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
) -> list[dict[str, float]]:
    """The log of a run that trains the projector alone."""
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
        "log_every": max(told.steps // 60, 1),
        "save_every": told.steps,
    }
    run = Run(STAGES["align"], TrainingRecipe.model_validate(recipe), registry)
    run.train(print, resume=False)
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def report(
    told: argparse.Namespace, fit: str, curves: dict[str, list[dict[str, float]]]
) -> dict[str, Any]:
    """Where each curve begins and ends, and where one reaches the end of the other."""
    losses = {name: [entry["answer_loss"] for entry in log] for name, log in curves.items()}
    steps = [int(entry["step"]) for entry in curves["random"]]
    ends = {name: sum(curve[-5:]) / len(curve[-5:]) for name, curve in losses.items()}
    reached = next(
        (
            at
            for at, loss in zip(steps, losses["transplanted"], strict=True)
            if loss <= ends["random"]
        ),
        None,
    )
    return {
        "threads": torch.get_num_threads(),
        "widths": [128, told.width],
        "fit": fit,
        "first_loss": {name: curve[0] for name, curve in losses.items()},
        "last_loss": {name: round(end, 4) for name, end in ends.items()},
        "steps_of_the_random_start": steps[-1],
        "steps_of_the_transplanted_to_the_same_loss": reached,
        "curves": {name: dict(zip(steps, curve, strict=True)) for name, curve in losses.items()},
    }


if __name__ == "__main__":
    main()
