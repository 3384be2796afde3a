"""`--dry-run`: what a run would do and take, said before any weight is read.

Models are composed on torch's meta device, from configurations alone (but for the stage 'speech',
whose Whisper is read), and frozen as in the run itself: what the run would refuse is refused here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import torch
from sensorium.cli.common import aligned
from sensorium.cli.machine import in_words
from sensorium.device import resolve_device
from sensorium.errors import ConfigError, MediaError, SampleError, SensoriumError
from sensorium.memory import available_memory
from sensorium.registry import Registry

from .composing import compose
from .data import Data
from .filling import fill
from .freezing import table
from .holdout import open_split
from .language import LanguageObjective
from .memory import estimate
from .packing import Row
from .recipe import TrainingRecipe
from .stages import Stage

SAMPLED = 64
"""Samples that are read to know how long rows are."""
DRAWN = 1000
"""Batches of these, of which the largest is taken."""


def rehearse(stage: Stage, recipe: TrainingRecipe, registry: Registry) -> Iterator[str]:
    """Lines to show. What is wrong with the data is raised last: the rest holds without them."""
    problem = None
    try:
        data, held_out = open_split(recipe, registry)
    except ConfigError as error:
        if stage.objective == "dense":  # its heads have as many classes as the data
            raise
        data, held_out, problem = Data(()), None, error
    objective = compose(stage, recipe, registry, data, shapes_only=True)
    yield parameters(objective)
    if problem is not None:
        raise problem
    yield from amounts(recipe, data)
    if held_out is not None:
        yield f"{len(held_out):,} samples held out for validation"
    if isinstance(objective, LanguageObjective):
        yield from lengths(objective, recipe, data)
        if held_out is not None:
            yield from _damaged(sampled(objective, held_out), "held-out samples")


def parameters(objective: Any) -> str:
    """The groups: how many parameters, and how many of them learn."""
    rows = [(part.group, f"{part.total:,}", f"{part.learning:,}") for part in table(objective)]
    return aligned([("group", "parameters", "learn"), *rows], right=(1, 2))


def amounts(recipe: TrainingRecipe, data: Data) -> Iterator[str]:
    """Steps and samples, and where these come from."""
    each = recipe.batch_size * recipe.accumulate
    yield f"{recipe.steps:,} steps of {each:,} samples, of {len(data):,} in the data"
    sources = zip(recipe.data, data.sources, data.shares(), strict=True)
    rows = [
        (f"data.{number}", component.format, f"{len(source):,}", f"{share:.1%}")
        for number, (component, source, share) in enumerate(sources)
    ]
    if len(rows) > 1:
        yield aligned([("data", "format", "samples", "share"), *rows], right=(2, 3))


def lengths(objective: LanguageObjective, recipe: TrainingRecipe, data: Data) -> Iterator[str]:
    """Positions of a step and of the run, and the memory that the longest batches take."""
    looked_at = sampled(objective, data)
    yield from _damaged(looked_at, "samples")
    rows = looked_at.rows
    each = recipe.batch_size * recipe.accumulate
    read, learned = (
        each * sum(map(len, lists)) / len(rows)
        for lists in ([row.ids for row in rows], [row.targets for row in rows])
    )
    yield (
        f"about {read:,.0f} positions a step, {learned:,.0f} of them learned; "
        f"{read * recipe.steps:,.0f} in all"
    )
    batch = objective.batch(largest(rows, recipe))
    count, positions = batch["ids"].shape
    memory = estimate(objective, recipe, batch)
    parts = [
        ("weights", memory.weights),
        ("gradients", memory.gradients),
        ("optimizer", memory.optimizer),
        ("activations", memory.activations),
        ("logits, of these", memory.logits),
        ("peak", memory.peak),
        ("available", _available(recipe)),
    ]
    table = [("memory", f"{count} row{'s' * (count > 1)} of {positions:,} positions")]
    yield aligned([*table, *((name, in_words(size)) for name, size in parts)])


@dataclass(frozen=True, slots=True)
class Sampled:
    """Rows of samples from all over the data, and what was wrong with the others."""

    rows: list[Row]
    problems: list[SensoriumError]


def sampled(objective: LanguageObjective, data: Data) -> Sampled:
    """What cannot be used is passed over, as in a run; its error is raised where nothing can."""
    count = min(SAMPLED, len(data))
    rows: list[Row] = []
    problems: list[SensoriumError] = []
    for number in range(count):
        try:
            rows.append(
                objective.row(data[number if data.endless else number * len(data) // count])
            )
        except (SampleError, MediaError) as error:
            problems.append(error)
    if not rows:
        raise problems[-1] if problems else ConfigError("The data is empty", where="data")
    return Sampled(rows, problems)


def _damaged(looked_at: Sampled, name: str) -> Iterator[str]:
    problems = looked_at.problems
    if problems:
        count = len(problems) + len(looked_at.rows)
        yield f"{len(problems)} of {count} {name} cannot be used, the first: {problems[0]}"


def largest(rows: Sequence[Row], recipe: TrainingRecipe) -> list[Row]:
    """The batch that takes most, of many that a run might make of such rows."""
    if recipe.group_by_length:
        longest = sorted(rows, key=lambda row: len(row.ids), reverse=True)
        return [longest[n % len(rows)] for n in range(recipe.batch_size)]

    def size(batch: Sequence[Row]) -> tuple[int, int]:
        laid = fill(batch, recipe.row_positions) if recipe.row_positions else batch
        positions = len(laid) * max(len(row.ids) for row in laid)
        return positions, sum(len(row.targets) for row in batch)

    several = [*rows] * -(-recipe.batch_size // len(rows))
    draw = Random(recipe.seed)
    return max((draw.sample(several, recipe.batch_size) for _ in range(DRAWN)), key=size)


def _available(recipe: TrainingRecipe) -> int:
    """Bytes that are free where the run would be."""
    if resolve_device(recipe.device).startswith("cuda"):
        return int(torch.cuda.mem_get_info()[0])
    return available_memory()
