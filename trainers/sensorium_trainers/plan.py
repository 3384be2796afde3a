"""A plan: the stages that make one model, in order; each goes on where it stopped."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field
from sensorium.config import read_yaml, resolve_paths, validate
from sensorium.options import Options
from sensorium.registry import Registry

from .log import Report
from .recipe import TrainingRecipe, load_training_recipe
from .record import differences, read_record
from .stages import STAGES, StageName


class Step(Options):
    """One stage and its recipe."""

    stage: StageName = Field(description="What `sensorium train` is given.")
    config: Path = Field(description="The stage's training recipe.")


class Assembly(Options):
    """The bundle at the end."""

    recipe: Path = Field(description="Recipe that names what the stages have trained.")
    output: Path = Field(description="Folder of the bundle.")
    name: str = Field(description="Name written into the bundle.")
    dtype: Literal["float32", "bfloat16", "float16"] = Field(
        default="float16", description="Number format of the weights."
    )


class TrainingPlan(Options):
    """How a model was trained, from nothing."""

    steps: tuple[Step, ...] = Field(min_length=1, description="Stages, in order.")
    bundle: Assembly = Field(description="What is put together at the end.")


def load_plan(path: Path) -> TrainingPlan:
    """A plan from YAML; `./…` in it is relative to the file."""
    tree = resolve_paths(read_yaml(path), path.parent)
    return validate(TrainingPlan, tree, source=str(path))


def follow(
    plan: TrainingPlan, registry: Registry, overrides: Sequence[str], report: Report
) -> Path:
    """Every stage that is not finished yet, then the bundle → its folder.

    `overrides` are laid over the recipe of every stage. Raises what the stages raise.
    """
    from .display import train_shown
    from .loop import Run

    for number, step in enumerate(plan.steps, start=1):
        recipe = load_training_recipe(step.config, overrides)
        title = f"{number}/{len(plan.steps)} {step.stage}: {recipe.output}"
        if finished(recipe):
            report(f"{title} is finished")
            continue
        report(title)
        train_shown(Run(STAGES[step.stage], recipe, registry), report)
    return assemble(plan.bundle, registry, report)


def finished(recipe: TrainingRecipe) -> bool:
    """Whether a run of just this recipe came to its end, exported."""
    record = read_record(recipe.output)
    if record is None or "finished" not in record:
        return False
    return not differences(record, {"recipe": recipe.model_dump(mode="json")})


def assemble(wanted: Assembly, registry: Registry, report: Report) -> Path:
    """Compose the plan's last recipe and save it."""
    import torch
    from sensorium.bundle import save_bundle
    from sensorium.loading import load

    engine = load(wanted.recipe, registry=registry)
    dtype: torch.dtype = getattr(torch, wanted.dtype)
    save_bundle(engine.pipeline, wanted.output, name=wanted.name, dtype=dtype)
    report(f"{wanted.name}: {wanted.output}")
    return wanted.output
