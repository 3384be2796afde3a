"""Building the features of a recipe's data ahead, on any number of processes and machines."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial

from sensorium.device import resolve_device, use_threads
from sensorium.errors import ConfigError, MediaError, SampleError, SensoriumError, placed
from sensorium.registry import Registry, create_registry
from sensorium.specs import Sample

from sensorium_trainers.composing import planned
from sensorium_trainers.data import Concatenated, open_sources
from sensorium_trainers.errors import TrainingError
from sensorium_trainers.recipe import TrainingRecipe

from .frozen import FrozenEncoder

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

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.samples + other.samples,
            self.found + other.found,
            self.encoded + other.encoded,
            self.skipped + other.skipped,
            self.closed or other.closed,
        )


class Extractor:
    """The encoders of a recipe and its data; the language model is not loaded."""

    def __init__(self, recipe: TrainingRecipe, registry: Registry) -> None:
        if recipe.features is None:
            raise ConfigError(
                "The recipe does not say where to keep features",
                where="features",
                hint="Add features: {folder: ./features}",
            )
        self._data = Concatenated(open_sources(recipe.data, registry))
        plan = planned(recipe, registry, device=recipe.device)
        device = resolve_device(plan.recipe.device)
        use_threads(plan.recipe.threads)
        self._encoders: dict[str, FrozenEncoder] = {}
        for sense in plan.senses:
            with placed(f"{plan.source}, encoders.{sense.modality}"):
                encoder = sense.encoder.build(sense.encoder_options, device)
            self._encoders[sense.modality] = FrozenEncoder(
                encoder, recipe.features, positions=sense.source.positions
            )

    def __len__(self) -> int:
        return len(self._data)

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
            sample = self._data[index]
            talks = sample.conversations if isinstance(sample, Sample) else ()
            media = {m.key: m for talk in talks for message in talk for m in message.media}
            for item in media.values():
                encoder = self._encoders.get(item.modality)
                if encoder is None or encoder.ensure(item):
                    found += encoder is not None
                    continue
                if encoder.store.closed:
                    return Counts(1, found, encoded, closed=encoder.store.closed)
                encoded += 1
        except (SampleError, MediaError):  # training will skip it, and say why
            return Counts(1, found, encoded, skipped=1)
        return Counts(1, found, encoded)


def extract(
    recipe: TrainingRecipe, registry: Registry, shard: Shard, processes: int
) -> Iterator[tuple[int, Counts]]:
    """→ how many samples there are in the shard, and what became of each block of them.

    Several processes find their plugins by themselves. TrainingError where one of them ended.
    """
    if processes == 1:
        extractor = Extractor(recipe, registry)
        blocks = shard.blocks(len(extractor))
        for block in blocks:
            yield sum(map(len, blocks)), extractor.run(block)
        return
    if recipe.threads is None:
        threads = max(1, (os.cpu_count() or 1) // processes)
        recipe = recipe.model_copy(update={"threads": threads})
    blocks = shard.blocks(len(Concatenated(open_sources(recipe.data, registry))))
    work = partial(_run_block, recipe.model_dump_json())
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        for done in pool.map(work, blocks):
            if isinstance(done, str):
                raise TrainingError(done)
            yield sum(map(len, blocks)), done


def _run_block(recipe: str, block: range) -> Counts | str:
    """In a process of its own; → the text of an error, for not every error can travel."""
    try:
        return _extractor(recipe).run(block)
    except SensoriumError as error:
        return str(error)


@lru_cache(maxsize=1)
def _extractor(recipe: str) -> Extractor:
    """One for all blocks of a process."""
    return Extractor(TrainingRecipe.model_validate_json(recipe), create_registry())
