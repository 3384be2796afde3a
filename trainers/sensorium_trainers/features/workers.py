"""Where blocks of samples are encoded: in this process, in several, or on a Ray cluster."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache, partial

from sensorium.errors import SensoriumError
from sensorium.registry import Registry, create_registry

from sensorium_trainers.errors import TrainingError, text_of
from sensorium_trainers.recipe import TrainingRecipe
from sensorium_trainers.windows import refuse_jumps

from .extract import Counts, Extractor, Shard, all_data


def extract(
    recipe: TrainingRecipe,
    registry: Registry,
    shard: Shard,
    *,
    processes: int = 1,
    ray: str | None = None,
) -> tuple[int, Iterator[Counts]]:
    """→ how many samples there are in the shard, and what becomes of each block of them.

    `ray` is the address of a cluster. Other processes find their plugins by themselves;
    TrainingError where one of them ended.
    """
    data = all_data(recipe, registry)
    refuse_jumps(data.sources, shuffle=False, processes=processes)
    blocks = shard.blocks(len(data))
    if ray is not None:
        from .on_ray import on_ray

        counts = on_ray(recipe, blocks, processes, ray)
    elif processes > 1:
        counts = in_processes(recipe, blocks, processes)
    else:
        counts = map(Extractor(recipe, registry).run, blocks)
    return sum(map(len, blocks)), counts


def in_processes(
    recipe: TrainingRecipe, blocks: Sequence[range], processes: int
) -> Iterator[Counts]:
    """Several blocks at once, on this machine."""
    threads = recipe.threads or max(1, (os.cpu_count() or 1) // processes)
    work = partial(run_block, recipe.model_copy(update={"threads": threads}).model_dump_json())
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        try:
            yield from map(checked, pool.map(work, blocks))
        except BrokenProcessPool as error:
            raise TrainingError(
                "One of the processes was ended from outside, perhaps for want of memory",
                hint="Run the same command again to go on, with fewer --processes.",
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


def run_block(recipe: str, block: range) -> Counts | str:
    """In a process of its own; → the text of an error, for not every error can travel."""
    try:
        return _extractor(recipe).run(block)
    except SensoriumError as error:
        return text_of(error)


def checked(done: Counts | str) -> Counts:
    """What came from another process; TrainingError where it is an error's text."""
    if isinstance(done, str):
        raise TrainingError(done)
    return done


@lru_cache(maxsize=1)
def _extractor(recipe: str) -> Extractor:
    """One for all blocks of a process."""
    return Extractor(TrainingRecipe.model_validate_json(recipe), create_registry())
