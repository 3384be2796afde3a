"""How fast this machine is, measured in a few seconds: nothing is looked up.

Of some readings the best counts: whatever else a machine does can only make a reading longer. How
far the others are from it tells whether the machine was disturbed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from .footprint import Products, count
from .neighbours import CALM_SCATTER

BEYOND_CACHES = 2**28
"""Bytes that a processor's cache does not hold, or not for a machine that shares it."""

_ROWS = 64
_SECONDS = 0.15
_READINGS = 3
"""At least, and for so many seconds at least, each thing is measured."""
_PATIENCE = 4
"""So many times as long where readings scatter: a better one may come."""


class Timing(NamedTuple):
    """Seconds of the quickest run, and how many times as long the usual one took."""

    seconds: float
    scatter: float


@dataclass(frozen=True, slots=True)
class Speed:
    """Seconds of one floating-point operation in matrix products, where one row is multiplied, and
    of every further row: the first waits for memory, the others for arithmetic.
    """

    first_row: float
    further_row: float
    scatter: float = 1.0
    """How many times as long as the quickest the usual reading took."""

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
    scatter: float = 1.0
    """As of a `Speed`."""


def probe() -> Probe:
    """Measure what is the same for every component."""
    reading, starting = _reading(), _operation()
    bandwidth = BEYOND_CACHES / reading.seconds
    return Probe(bandwidth, starting.seconds, max(reading.scatter, starting.scatter))


def speed(products: Callable[[int], Products], rows: int | None = None) -> Speed:
    """How fast a component multiplies: always so many rows together, or as many as there are."""
    if rows:
        together = _a_flop(products(0), rows)
        each = together.seconds / rows
        return Speed(each, each, together.scatter)
    first = _a_flop(products(BEYOND_CACHES), 1)
    all_rows = _a_flop(products(0), _ROWS)  # weights are read once for all of them
    further = max(all_rows.seconds - first.seconds, 0) / (_ROWS - 1)
    return Speed(first.seconds, further, max(first.scatter, all_rows.scatter))


def _a_flop(products: Products, rows: int) -> Timing:
    timing = timed(lambda: products.multiply(rows))
    return Timing(timing.seconds / products.flops, timing.scatter)


def _reading() -> Timing:
    import torch

    block = torch.ones(BEYOND_CACHES // 4)
    return timed(block.sum)


def _operation() -> Timing:
    import torch
    from torch import nn

    few = nn.Sequential(*(layer for _ in range(8) for layer in (nn.Linear(8, 8), nn.GELU())))
    row = torch.zeros(1, 8)
    with torch.inference_mode():
        timing = timed(lambda: few(row))
        return Timing(timing.seconds / count(lambda: few(row)).operations, timing.scatter)


def timed(run: Callable[[], object]) -> Timing:
    """The best of some runs, a first one left out; of more where they scatter."""
    run()
    times: list[float] = []
    while _wants_more(times):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return Timing(min(times), median(times) / min(times))


def _wants_more(times: list[float]) -> bool:
    spent = sum(times)
    if spent < _SECONDS or len(times) < _READINGS:
        return True
    return spent < _PATIENCE * _SECONDS and median(times) >= CALM_SCATTER * min(times)
