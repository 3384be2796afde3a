"""How fast a run goes: samples, tokens and FLOPs of each window between two log entries."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from transformers import TrainerCallback

from .machine import memory
from .reading import Taken


class Meter(TrainerCallback):  # type: ignore[misc]
    """Validation and writing checkpoints are left out of the time; `peak_flops` is FLOP/s."""

    def __init__(self, peak_flops: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._peak = peak_flops
        self._clock = clock
        self._step = self._samples = self._tokens = self._flops = 0
        self._since = clock()

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """A run that goes on begins a window at the step it goes on from."""
        self._begin(state.global_step)

    def add(self, taken: Taken) -> None:
        """One batch of this process."""
        self._samples += taken.samples
        self._tokens += taken.work.tokens
        self._flops += taken.work.flops

    @contextmanager
    def paused(self) -> Iterator[None]:
        """What is done meanwhile is no training."""
        began = self._clock()
        try:
            yield
        finally:
            self._since += self._clock() - began

    def take(self, step: int, processes: int) -> dict[str, float]:
        """The window that ends with `step`, of all processes together, and begin another.

        Every process has as many samples, and over a window about as many tokens, as this one.
        """
        seconds = max(self._clock() - self._since, 1e-9)
        window = {
            "steps_per_second": round((step - self._step) / seconds, 3),
            "samples_per_second": round(self._samples * processes / seconds, 2),
            "tokens_per_second": round(self._tokens * processes / seconds, 1),
            "flops_utilisation": round(self._flops / seconds / self._peak, 4),
            **memory(),
        }
        self._begin(step)
        return window

    def _begin(self, step: int) -> None:
        self._step, self._since = step, self._clock()
        self._samples = self._tokens = self._flops = 0
