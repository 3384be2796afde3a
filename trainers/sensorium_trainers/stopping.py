"""SIGTERM, sent to any process of a run: finish the step, save, stop, all of them."""

from __future__ import annotations

import signal
import threading
from typing import Any

from transformers import TrainerCallback

from .processes import anywhere


class StopOnTerm(TrainerCallback):  # type: ignore[misc]
    """A machine that is about to go away sends SIGTERM; the run then continues from that step."""

    def __init__(self) -> None:
        self.stopped_at: int | None = None
        self._asked = False
        self._before: Any = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Handlers can be set in the main thread only; elsewhere SIGTERM stays what it was."""
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGTERM, self._ask)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """The weights are whole only between two steps."""
        if anywhere(self._asked):
            self.stopped_at = state.global_step
            control.should_save = control.should_training_stop = True

    def restore(self) -> None:
        """Put the earlier handler back."""
        if self._before is not None:
            signal.signal(signal.SIGTERM, self._before)
            self._before = None

    def _ask(self, number: int, frame: Any) -> None:
        self._asked = True
