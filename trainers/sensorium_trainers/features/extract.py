"""The features of a recipe's data, made ahead, one block of samples after another."""

from __future__ import annotations

from dataclasses import dataclass

from sensorium.device import resolve_device, use_threads
from sensorium.errors import ConfigError, MediaError, SampleError, placed
from sensorium.registry import Registry
from sensorium.specs import Sample

from sensorium_trainers.composing import planned
from sensorium_trainers.data import Concatenated, open_sources
from sensorium_trainers.errors import sample_at
from sensorium_trainers.recipe import TrainingRecipe

from .frozen import FrozenEncoder
from .options import FeatureOptions

BLOCK = 64
"""Samples between two lines of progress of one process."""


@dataclass(frozen=True, slots=True)
class Shard:
    """The `number`-th of `count` equal parts, from 1."""

    number: int = 1
    count: int = 1

    def blocks(self, samples: int) -> list[range]:
        """Its part of so many samples, in blocks."""
        part = range(samples * (self.number - 1) // self.count, samples * self.number // self.count)
        return [part[at : at + BLOCK] for at in range(0, len(part), BLOCK)]


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of some samples; `closed` says why nothing more can be kept."""

    samples: int = 0
    found: int = 0
    encoded: int = 0
    skipped: int = 0
    closed: str = ""
    reason: str = ""
    """Why the first of the skipped samples could not be used."""

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.samples + other.samples,
            self.found + other.found,
            self.encoded + other.encoded,
            self.skipped + other.skipped,
            self.closed or other.closed,
            self.reason or other.reason,
        )


def kept(recipe: TrainingRecipe) -> FeatureOptions:
    """Where features go; ConfigError where the recipe does not say."""
    if recipe.features is None:
        raise ConfigError(
            "The recipe does not say where to keep features",
            where="features",
            hint="Add features: {folder: ./features}",
        )
    return recipe.features


def all_data(recipe: TrainingRecipe, registry: Registry) -> Concatenated:
    """What is learned from, and what is validated on."""
    sources = open_sources(recipe.data, registry)
    if recipe.validation is not None:
        sources += open_sources(recipe.validation.data, registry, at="validation.data")
    return Concatenated(sources)


class Extractor:
    """The encoders of a recipe and its data; the language model is not loaded."""

    def __init__(self, recipe: TrainingRecipe, registry: Registry) -> None:
        options = kept(recipe)
        self._data = all_data(recipe, registry)
        plan = planned(recipe, registry, device=recipe.device)
        device = resolve_device(plan.recipe.device)
        use_threads(plan.recipe.threads)
        self._encoders: dict[str, FrozenEncoder] = {}
        for sense in plan.senses:
            with placed(f"{plan.source}, encoders.{sense.modality}"):
                encoder = sense.build(device)
            self._encoders[sense.modality] = FrozenEncoder(
                encoder, options, positions=sense.source.positions
            )

    def run(self, indices: range) -> Counts:
        """Encode what is not kept yet, up to the first item there is no room for."""
        counts = Counts()
        for index in indices:
            counts += self._sample(index)
            if counts.closed:
                break
        return counts

    def _sample(self, index: int) -> Counts:
        found = encoded = 0
        try:
            with sample_at(f"sample {index}"):
                sample = self._data[index]
            talks = sample.conversations if isinstance(sample, Sample) else ()
            media = {m.key: m for talk in talks for message in talk for m in message.media}
            for item in media.values():
                encoder = self._encoders.get(item.modality)
                if encoder is None:
                    continue
                with sample_at(f"sample {index}"):
                    known = encoder.ensure(item)
                if known:
                    found += 1
                elif encoder.store.closed:
                    return Counts(1, found, encoded, closed=encoder.store.closed)
                else:
                    encoded += 1
        except (SampleError, MediaError) as error:  # training will skip it too
            return Counts(1, found, encoded, skipped=1, reason=str(error))
        return Counts(1, found, encoded)
