"""`run.json`: what was trained from what, and the hash of everything that stayed frozen."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import torch
from sensorium.errors import CheckpointError
from sensorium.text_files import read_text
from sensorium.version import __version__

from .folder import RECORD
from .freezing import Parameters
from .recipe import TrainingRecipe
from .writing import replace_text

_HARMLESS = frozenset(
    {
        *("output", "name", "workers", "log_every", "save_every", "keep", "threads"),
        *("gradient_checkpointing", "reporters", "peak_tflops"),
    }
)
"""Keys that may differ when a run goes on: they change neither data nor arithmetic."""


def make_record(
    stage: str, recipe: TrainingRecipe, parameters: Sequence[Parameters], frozen_sha256: str
) -> dict[str, Any]:
    """What is known before the first step."""
    return {
        "stage": stage,
        "sensorium": __version__,
        "torch": torch.__version__,
        "recipe": recipe.model_dump(mode="json"),
        "parameters": [asdict(part) for part in parameters],
        "frozen_sha256": frozen_sha256,
    }


def write_record(output: Path, record: dict[str, Any]) -> None:
    """Write it whole or not at all."""
    replace_text(output / RECORD, json.dumps(record, indent=2, ensure_ascii=False) + "\n")


def read_record(output: Path) -> dict[str, Any] | None:
    """The record of the run that this one continues, if there is a readable one."""
    try:
        found = json.loads(read_text(output / RECORD))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("recipe"), dict) else None


def differences(earlier: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """`learning_rate: 0.001 → 0.002` for every key of the recipe that matters."""
    before = {**_defaults(), **earlier["recipe"]}
    after = now["recipe"]
    return [
        f"{key}: {before.get(key)} → {after.get(key)}"
        for key in sorted(before.keys() | after.keys())
        if key not in _HARMLESS and before.get(key) != after.get(key)
    ]


@cache
def _defaults() -> dict[str, Any]:
    """What a recipe that was written before a key existed would say of it."""
    return TrainingRecipe.model_construct().model_dump(mode="json", warnings=False)


def refuse_other_optimizer(output: Path, recipe: TrainingRecipe) -> None:
    """CheckpointError where the checkpoints hold moments that this run's optimizer cannot use."""
    earlier = read_record(output)
    if earlier is None:
        return
    before, after = (
        name.removeprefix("paged_")
        for name in (str(earlier["recipe"].get("optimizer", "adamw")), recipe.optimizer)
    )
    if before != after:
        raise CheckpointError(
            f"The checkpoints in {output} hold the moments of {before}, with which {after} cannot "
            "go on",
            where="optimizer",
            hint="Start over (--fresh), choose another output folder, or delete this one.",
        )
