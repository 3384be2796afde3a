"""Blocks of samples encoded on a Ray cluster, by Ray Data."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sensorium.errors import ConfigError, MissingPackageError

from sensorium_trainers.recipe import TrainingRecipe

from .extract import Counts
from .workers import checked, run_block

LOCAL = "local"
"""Stands for the address of a cluster that is started here, and ended."""

_PATIENCE_SECONDS = 3.0


def on_ray(
    recipe: TrainingRecipe, blocks: Sequence[range], workers: int, address: str
) -> Iterator[Counts]:
    """As many workers as the cluster has room for, up to `workers`, each with one block at a time.

    One takes as many CPUs as the recipe has threads, and a GPU where its device is `cuda`. What is
    encoded goes into the folder of the recipe, which all machines must share.
    """
    ray = import_ray()
    threads = recipe.threads or 1
    recipe = recipe.model_copy(update={"threads": threads})
    _connect(ray, address, cpus=workers * threads)
    try:
        ray.data.DataContext.get_current().enable_progress_bars = False
        bounds = [{"start": block.start, "stop": block.stop} for block in blocks]
        done = ray.data.from_items(bounds, override_num_blocks=max(1, len(bounds))).map(
            Worker,
            fn_constructor_args=(recipe.model_dump_json(), str(Path.cwd())),
            compute=ray.data.ActorPoolStrategy(min_size=1, max_size=workers, initial_size=workers),
            num_cpus=threads,
            num_gpus=1 if recipe.device == "cuda" else None,
        )
        for row in done.iter_rows():
            yield checked(row["done"])
    finally:
        ray.shutdown()


class Worker:
    """Lives in a process of the cluster; Ray Data calls it with one block after another."""

    def __init__(self, recipe: str, folder: str) -> None:
        self._recipe = recipe
        os.chdir(folder)  # where the recipe's relative paths begin

    def __call__(self, block: dict[str, Any]) -> dict[str, Any]:
        """`start` and `stop` of a block → `done`: its counts, or the text of an error."""
        return {"done": run_block(self._recipe, range(block["start"], block["stop"]))}


def import_ray() -> Any:
    """The library; MissingPackageError without it."""
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise MissingPackageError("ray", "Encoding on a cluster", extra="ray") from error
    return ray


def _connect(ray: Any, address: str, *, cpus: int) -> None:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nobody is told of it unasked
    started = {"num_cpus": cpus, "include_dashboard": False} if address == LOCAL else {}
    try:
        _knock(address)
        ray.init(address, log_to_driver=False, **started)
    except (OSError, ValueError, ray.exceptions.RayError) as error:
        reason = " ".join(str(error).split())[:300]
        raise ConfigError(
            f"No Ray cluster can be used at '{address}': {reason}",
            where="--ray",
            hint=f"Give the address that `ray start --head` shows, or {LOCAL}.",
        ) from error


def _knock(address: str) -> None:
    """OSError where nobody listens: Ray would ask again for minutes. `local` and `auto` pass."""
    place = urlsplit(address if "://" in address else f"//{address}")
    if place.hostname and place.port:
        socket.create_connection((place.hostname, place.port), _PATIENCE_SECONDS).close()
