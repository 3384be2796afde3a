"""The data of a run: one or several sources, sample `index` the same in every run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from sensorium.config import validate
from sensorium.errors import ConfigError
from sensorium.registry import Registry
from sensorium.specs import SampleSource

from .recipe import TrainingRecipe


class Concatenated(torch.utils.data.Dataset[Any]):
    """Sources one after another."""

    def __init__(self, sources: Sequence[SampleSource]) -> None:
        self.sources = sources

    def __len__(self) -> int:
        return sum(len(source) for source in self.sources)

    def __getitem__(self, index: int) -> Any:
        for source in self.sources:
            if index < len(source):
                return source[index]
            index -= len(source)
        raise IndexError("beyond the data")

    def classes(self) -> Mapping[str, int]:
        """For the encoder stage: label sets and how many classes each has."""
        found: Mapping[str, int] | None = getattr(self.sources[0], "classes", None)
        if found is None:
            raise ConfigError(
                "This data has no dense labels, which the stage 'encoder' learns from",
                where="data",
            )
        return found


def open_data(recipe: TrainingRecipe, registry: Registry) -> Concatenated:
    """Open every source of the recipe."""
    sources = []
    for number, component in enumerate(recipe.data):
        at = f"data.{number}"
        spec = registry.dataset_formats.get(component.format, where=f"{at}.format")
        options = validate(spec.options, component.settings, source="recipe", at=at)
        source = spec.open(options)
        if not len(source):
            raise ConfigError(f"The data of '{component.format}' is empty", where=at)
        sources.append(source)
    return Concatenated(sources)
