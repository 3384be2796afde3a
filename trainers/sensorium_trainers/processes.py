"""Several processes, one run: each learns from its share of every batch.

`torchrun` and `accelerate launch` start them and number them. In a run of one process everything
here does nothing. What is marked "together" is called by all of them, in the same order.
"""

from __future__ import annotations

import os
from typing import TypeVar

import torch
from torch import distributed

from .log import Report

T = TypeVar("T")


def join(device: str) -> None:
    """Meet the other processes where a launcher started several, before anything is on a GPU."""
    if "LOCAL_RANK" in os.environ:
        from accelerate import PartialState

        PartialState(cpu=device == "cpu" or not torch.cuda.is_available())


def leave() -> None:
    """Part from the others when all is done."""
    if distributed.is_available() and distributed.is_initialized():
        distributed.destroy_process_group()


def count() -> int:
    """Processes of this run."""
    if distributed.is_available() and distributed.is_initialized():
        return int(distributed.get_world_size())
    return 1


def several() -> bool:
    """Whether this run has more than one process."""
    return count() > 1


def is_main() -> bool:
    """Whether this is the process that reports, writes and exports."""
    return not several() or distributed.get_rank() == 0


def on_main(report: Report) -> Report:
    """`report` in the main process, silence in the others."""
    return report if is_main() else _silence


def gathered(value: T) -> list[T]:
    """What each process has, in their order. Together."""
    if not several():
        return [value]
    held: list[T] = [value] * distributed.get_world_size()
    distributed.all_gather_object(held, value)
    return held


def anywhere(value: bool) -> bool:
    """Whether it is so in any process. Together."""
    return any(gathered(value))


def from_main(value: T) -> T:
    """What the main process has. Together."""
    if not several():
        return value
    held = [value]
    distributed.broadcast_object_list(held)
    return held[0]


def _silence(line: str) -> None:
    """Others report nothing: the main process does."""
