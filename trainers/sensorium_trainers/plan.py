"""A plan: the stages that make one model, in order; each goes on where it stopped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field
from sensorium.config import read_yaml, resolve_paths, validate
from sensorium.errors import CheckpointError, ConfigError
from sensorium.options import Options
from sensorium.registry import Registry

from .checkpoints import checkpoints
from .log import Report
from .recipe import TrainingRecipe, load_training_recipe
from .record import differences, read_record
from .stages import STAGES, Stage, StageName

_OF_THE_PLAN = frozenset({"model", "data", "output", "name", "trains", "freeze"})
"""Keys in which the stages of a plan differ."""


class Step(Options):
    """One run of a stage, with its recipe."""

    stage: StageName = Field(description="What `sensorium train` is given.")
    config: Path = Field(description="The stage's training recipe; its file names the step.")

    @property
    def title(self) -> str:
        """`compare (instruct)`: the step's name, and its stage where that is another."""
        name = self.config.stem
        return name if name == self.stage else f"{name} ({self.stage})"


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


@dataclass(frozen=True, slots=True)
class Leg:
    """A stage of a plan, its recipe, and how far it is."""

    title: str
    stage: Stage
    recipe: TrainingRecipe
    finished: bool
    newest: Path | None
    """The last checkpoint; None where it has not begun."""

    def needs(self, other: Leg) -> bool:
        """Whether it starts from what the other one trains."""
        return other.recipe.output.as_posix() + "/" in self.recipe.model_dump_json()


def legs(plan: TrainingPlan, overrides: Sequence[str]) -> list[Leg]:
    """All stages; `overrides` are laid over the recipe of each.

    ConfigError where they change what makes a stage this stage of the plan.
    """
    for pair in overrides:
        key = pair.partition("=")[0].partition(".")[0]
        if key in _OF_THE_PLAN:
            raise ConfigError(
                f"The plan gives each stage its own {key}",
                where=f"--set {pair}",
                hint="Train one stage with it: sensorium train STAGE --config RECIPE.",
            )
    found = []
    for number, step in enumerate(plan.steps, start=1):
        recipe = load_training_recipe(step.config, overrides)
        title = f"{number}/{len(plan.steps)} {step.title}: {recipe.output}"
        newest = next(reversed(checkpoints(recipe.output)), None)
        found.append(Leg(title, STAGES[step.stage], recipe, finished(recipe), newest))
    return found


def outlook(plan: TrainingPlan, overrides: Sequence[str]) -> Iterator[str]:
    """A line for each stage: its steps, and how far it is. Nothing is read but names."""
    for leg in legs(plan, overrides):
        state = "finished" if leg.finished else leg.newest.name if leg.newest else "not begun"
        yield f"{leg.title}  {leg.recipe.steps:,} steps, {state}"
    yield f"{plan.bundle.name}: {plan.bundle.output}"


def follow(
    plan: TrainingPlan,
    registry: Registry,
    overrides: Sequence[str],
    report: Report,
    *,
    fresh: bool = False,
) -> Path:
    """Every stage that is not finished yet, or each anew if `fresh`, then the bundle → its folder.

    Raises what the stages raise, and CheckpointError where a stage has learned on top of one that
    is not finished.
    """
    from .display import train_shown
    from .loop import Run

    ahead = legs(plan, overrides)
    if not fresh:
        _refuse_overtaken(ahead)
    for leg in ahead:
        if leg.finished and not fresh:
            report(f"{leg.title} is finished")
            continue
        report(leg.title)
        train_shown(Run(leg.stage, leg.recipe, registry), report, resume=not fresh)
    return assemble(plan.bundle, registry, report)


def _refuse_overtaken(ahead: Sequence[Leg]) -> None:
    """What a stage has learned on top of an earlier one is void when that one learns on."""
    moving: list[Leg] = []
    for leg in ahead:
        below = next((other for other in moving if leg.needs(other)), None)
        if below is not None and leg.newest is not None:
            raise CheckpointError(
                f"{leg.title} has begun on what {below.title} gave, but that is not finished, or "
                "its recipe has changed",
                where=str(leg.newest),
                hint="Give the settings it was begun with, or start over: --fresh.",
            )
        if below is not None or not leg.finished:
            moving.append(leg)


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
