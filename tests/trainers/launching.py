"""Runs in processes of their own, several together where wanted; forked, so they start fast."""

from __future__ import annotations

import multiprocessing
import os
import socket
import sys
import time
from collections.abc import Callable, Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path

import torch
import yaml
from accelerate.state import AcceleratorState
from sensorium.cli.root import root
from sensorium.registry import Registry

FORK = multiprocessing.get_context("fork")
Tree = Mapping[str, object]


def together(processes: int, work: Callable[[int], None]) -> list[BaseProcess]:
    """Started, not waited for; several know of each other, and each is called with its number."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(rank: int) -> None:
        if processes > 1:
            told = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": processes}
            told |= {"LOCAL_WORLD_SIZE": processes, "MASTER_PORT": port}
            os.environ |= {key: str(value) for key, value in told.items()}
            os.environ["MASTER_ADDR"] = "127.0.0.1"
        torch.set_num_threads(1)
        AcceleratorState._reset_state(reset_partial_state=True)
        work(rank)

    # Daemons: none of them outlives a test that has failed.
    started = [FORK.Process(target=run, args=(rank,), daemon=True) for rank in range(processes)]
    for process in started:
        process.start()
    return started


class Launcher:
    """`sensorium train STAGE` by the command line, in one process or in several that know of it."""

    def __init__(self, registry: Registry, folder: Path) -> None:
        self._registry = registry
        self._folder = folder

    def start(
        self,
        stage: str,
        recipe: Tree,
        *flags: str,
        processes: int = 1,
        environment: Mapping[str, str] | None = None,
        before: Callable[[int], None] = lambda rank: None,
    ) -> list[BaseProcess]:
        """Started, not waited for; `before` is called in each with its number."""
        path = self._folder / "recipe.yaml"
        path.write_text(yaml.safe_dump(dict(recipe)))
        words = ["train", stage, "--config", str(path), *flags]

        def run(rank: int) -> None:
            os.environ |= dict(environment or {})
            sys.stdout = sys.stderr = self.output(rank).open("w", buffering=1)
            before(rank)
            root.main(words, obj=self._registry)

        return together(processes, run)

    def run(self, *words: object, **settings: object) -> list[int | None]:
        """Exit codes."""
        started = self.start(*words, **settings)  # type: ignore[arg-type]
        for process in started:
            process.join()
        return [process.exitcode for process in started]

    def output(self, rank: int = 0) -> Path:
        """What a process has printed."""
        return self._folder / f"printed-{rank}.txt"


def wait_for(
    happened: Callable[[], bool], alive: Callable[[], bool], seconds: float = 120.0
) -> None:
    """Until it has happened, or nobody is left who could make it happen."""
    until = time.monotonic() + seconds
    while not happened() and alive() and time.monotonic() < until:
        time.sleep(0.0005)
