"""How fast this machine is, measured in about two seconds: nothing is looked up.

Of several readings the best counts: what the machine can where nothing else runs on it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from .footprint import Products, count

_BLOCK_BYTES = 2**28
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


def speed(products: Products) -> Speed:
    """How fast a component multiplies."""
    one = _best(lambda: products.multiply(1))
    many = _best(lambda: products.multiply(_ROWS))
    further = max(many - one, 0) / (_ROWS - 1)
    return Speed(one / products.flops, further / products.flops)


def _bandwidth() -> float:
    import torch

    block = torch.ones(_BLOCK_BYTES // 4)
    return _BLOCK_BYTES / _best(block.sum)


def _operation_seconds() -> float:
    import torch
    from torch import nn

    few = nn.Sequential(*(layer for _ in range(8) for layer in (nn.Linear(8, 8), nn.GELU())))
    row = torch.zeros(1, 8)
    with torch.inference_mode():
        return _best(lambda: few(row)) / count(lambda: few(row)).operations


def _best(run: Callable[[], object]) -> float:
    """Seconds of the quickest of some runs, a first one left out."""
    run()
    times: list[float] = []
    while sum(times) < _SECONDS or len(times) < _READINGS:
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return min(times)
