"""The data of a run: one or several sources, sample `index` the same in every run."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from sensorium.config import validate
from sensorium.errors import ConfigError
from sensorium.registry import Registry
from sensorium.specs import SampleSource

from .recipe import DataComponent, TrainingRecipe
from .windows import Windowed, refuse_second_reading


class Data:
    """Several sources; `place` says which sample of which source stands at an index."""

    endless = False
    """Whether every index has a sample, in an order of its own that is not shuffled further."""

    def __init__(self, sources: Sequence[SampleSource]) -> None:
        self.sources = sources

    def __len__(self) -> int:
        """Samples of all sources together."""
        return sum(len(source) for source in self.sources)

    def __getitem__(self, index: int) -> Any:
        number, at = self.place(index)
        return self.sources[number][at]

    def shares(self) -> list[float]:
        """How much of what is learned from comes from each source."""
        return [len(source) / len(self) for source in self.sources]

    def place(self, index: int) -> tuple[int, int]:
        """→ (source, sample of it); IndexError beyond the data."""
        raise NotImplementedError

    def classes(self) -> Mapping[str, int]:
        """For the encoder stage: label sets and how many classes each has."""
        found: Mapping[str, int] | None = getattr(self.sources[0], "classes", None)
        if found is None:
            raise ConfigError(
                "This data has no dense labels, which the stage 'encoder' learns from",
                where="data",
            )
        return found


class Concatenated(Data):
    """Sources one after another."""

    def __init__(self, sources: Sequence[SampleSource]) -> None:
        super().__init__(sources)
        self._ends = list(accumulate(len(source) for source in sources))

    def place(self, index: int) -> tuple[int, int]:
        """By counting."""
        if not 0 <= index < self._ends[-1]:
            raise IndexError("beyond the data")
        number = bisect_right(self._ends, index)
        return number, index - (self._ends[number - 1] if number else 0)


def open_sources(
    components: Sequence[DataComponent], registry: Registry, *, at: str = "data"
) -> list[SampleSource]:
    """Each source that a recipe names; ConfigError where one cannot be opened or is empty."""
    sources = []
    for number, component in enumerate(components):
        here = f"{at}.{number}"
        spec = registry.dataset_formats.get(component.format, where=f"{here}.format")
        options = validate(spec.options, component.settings, source="recipe", at=here)
        source = spec.open(options)
        if not len(source):
            raise ConfigError(f"The data of '{component.format}' is empty", where=here)
        sources.append(source)
    return sources


def arrange(sources: Sequence[SampleSource], recipe: TrainingRecipe) -> Data:
    """One after another; mixed by weight where one has a weight.

    By their sizes where none has, but one must not be shuffled by the Trainer: it jumps too far.
    """
    if recipe.group_by_length:
        refuse_second_reading(sources)
    weights = [component.weight for component in recipe.data]
    if any(weight is not None for weight in weights):
        given = [1.0 if weight is None else weight for weight in weights]
    elif recipe.shuffle and any(isinstance(source, Windowed) for source in sources):
        given = [float(len(source)) for source in sources]
    else:
        return Concatenated(sources)
    from .mixing import Mixture

    return Mixture(sources, given, seed=recipe.seed, shuffle=recipe.shuffle)
