"""What is written from which data: the recipes of `sensorium data pack` and `data shards`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from pydantic import Field
from sensorium.config import load_options
from sensorium.errors import ConfigError
from sensorium.limits import LARGEST_SEED, MOST_PROCESSES
from sensorium.options import Options

from sensorium_trainers.recipe import DataComponent


class WritingRecipe(Options):
    """What both have in common."""

    data: tuple[DataComponent, ...] = Field(
        min_length=1, description="What is read, one source after another; any data format."
    )
    output: Path = Field(description="The folder; new, or begun by the same recipe.")
    max_skipped_share: float = Field(
        default=0.01,
        ge=0,
        le=1,
        description="A sample that cannot be used is left out and counted; more than this share of "
        "a part's samples, or of 1,000 where it has fewer, and the command stops.",
    )
    processes: int = Field(
        default=1, ge=1, le=MOST_PROCESSES, description="How many write parts at once."
    )


class PackRecipe(WritingRecipe):
    """A corpus of token ids."""

    tokenizer: str = Field(
        description="Whose ids: a folder with tokenizer.json, that file, or a model on the hub."
    )
    revision: str | None = Field(default=None, description="Its commit, for a hub id.")
    template: str = Field(
        description="The model's chat template: behind each document stands the token that ends an "
        "answer in it, and conversations are written in it."
    )
    system: str | None = Field(
        default=None, description="System text of conversations; the template's own if left out."
    )
    documents_per_part: int = Field(
        default=65_536,
        ge=1,
        le=2**26,
        description="Samples of one file; what a kill loses at most.",
    )


class ShardsRecipe(WritingRecipe):
    """Tar files of samples with their media."""

    samples_per_part: int = Field(
        default=4096,
        ge=1,
        le=2**24,
        description="Samples of one tar file; what a kill loses at most.",
    )
    shuffle: bool = Field(
        default=True,
        description="Write them in random order, so that neighbours have nothing in common.",
    )
    seed: int = Field(default=0, ge=0, le=LARGEST_SEED, description="Which order.")


R = TypeVar("R", bound=WritingRecipe)


def load_writing_recipe(kind: type[R], path: Path, overrides: Iterable[str], prefix: str) -> R:
    """From YAML, variables with this prefix and `KEY=VALUE`, the last of them strongest."""
    recipe = load_options(kind, path, overrides, prefix=prefix)
    for number, component in enumerate(recipe.data):
        if component.weight is not None:
            raise ConfigError(
                "Every sample is written once, whatever its weight",
                where=f"data.{number}.weight",
                hint="Weights belong to the recipe of a training: write two folders, mix them.",
            )
    return recipe
