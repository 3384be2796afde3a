"""How fast this machine is, measured in a few seconds: nothing is looked up.

Products are timed as they are met, a median of some readings; of bandwidth the best counts, for it
is to say what can be reached.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from .footprint import Products, count

BEYOND_CACHES = 2**28
"""Bytes that a processor's cache does not hold, or not for a machine that shares it."""

_ROWS = 64
_SECONDS = 0.15
_READINGS = 3
"""At least, and for so many seconds at least, each thing is measured."""


@dataclass(frozen=True, slots=True)
class Speed:
    """Seconds of one floating-point operation in matrix products, where one row is multiplied, and
    of every further row: the first waits for memory, the others for arithmetic.
    """

    first_row: float
    further_row: float

    def seconds(self, flops: float, rows: float) -> float:
        """Products of so many FLOPs a row."""
        return flops * (self.first_row + (rows - 1) * self.further_row)


@dataclass(frozen=True, slots=True)
class Probe:
    """A machine, on the threads that torch may use now."""

    bandwidth: float
    """Bytes a second that all threads together read from memory."""
    operation_seconds: float
    """To start an operation of torch and to end it, where it has nothing to do."""


def probe() -> Probe:
    """Measure what is the same for every component."""
    return Probe(_bandwidth(), _operation_seconds())


def speed(products: Callable[[int], Products], rows: int | None = None) -> Speed:
    """How fast a component multiplies: always so many rows together, or as many as there are."""
    if rows:
        each = _seconds_a_flop(products(0), rows) / rows
        return Speed(each, each)
    first = _seconds_a_flop(products(BEYOND_CACHES), 1)
    all_rows = _seconds_a_flop(products(0), _ROWS)  # weights are read once for all of them
    return Speed(first, max(all_rows - first, 0) / (_ROWS - 1))


def _seconds_a_flop(products: Products, rows: int) -> float:
    return median(_times(lambda: products.multiply(rows))) / products.flops


def _bandwidth() -> float:
    import torch

    block = torch.ones(BEYOND_CACHES // 4)
    return BEYOND_CACHES / min(_times(block.sum))


def _operation_seconds() -> float:
    import torch
    from torch import nn

    few = nn.Sequential(*(layer for _ in range(8) for layer in (nn.Linear(8, 8), nn.GELU())))
    row = torch.zeros(1, 8)
    with torch.inference_mode():
        return median(_times(lambda: few(row))) / count(lambda: few(row)).operations


def _times(run: Callable[[], object]) -> list[float]:
    """Seconds of each of some runs, a first one left out."""
    run()
    times: list[float] = []
    while sum(times) < _SECONDS or len(times) < _READINGS:
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return times
