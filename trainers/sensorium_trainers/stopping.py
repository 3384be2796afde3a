"""SIGTERM or Ctrl-C, sent to any process of a run: finish the step, save, stop, all of them."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from types import FrameType
from typing import Any

from torch.utils.data import get_worker_info
from transformers import TrainerCallback

from .errors import TrainingError
from .log import Report
from .processes import anywhere

_HEARD = (signal.SIGTERM, signal.SIGINT)
_GRACE_SECONDS = 300
_GOES_ON = "The same command goes on from there."


class StopOnSignal(TrainerCallback):  # type: ignore[misc]
    """A machine that is about to go away sends SIGTERM, a person presses Ctrl-C: the run goes on
    from that step later. Who presses Ctrl-C again does not want to wait for the step.
    """

    def __init__(self, report: Report) -> None:
        self.stopped_at: int | None = None
        self._report = report
        self._asked_by: signal.Signals | None = None
        self._before: dict[signal.Signals, Any] = {}
        self._process = os.getpid()

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Handlers can be set in the main thread only; elsewhere signals do what they did."""
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._ask) for number in _HEARD}

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """The weights are whole only between two steps."""
        if anywhere(self._asked_by is not None):
            self.stopped_at = state.global_step
            control.should_save = control.should_training_stop = True

    def restore(self) -> None:
        """Put the earlier handlers back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    def end(self, steps: int) -> None:
        """TrainingError, or KeyboardInterrupt for Ctrl-C, where the run was stopped too early."""
        if self.stopped_at is None or self.stopped_at >= steps:
            return
        by_hand = self._asked_by is signal.SIGINT
        name = "Ctrl-C" if by_hand else "SIGTERM"
        stopped = f"Stopped by {name} after step {self.stopped_at}, which is saved"
        if by_hand:
            self._report(f"{stopped}. {_GOES_ON}")
            raise KeyboardInterrupt
        raise TrainingError(stopped, hint=_GOES_ON)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() != self._process:
            return  # a process that reads data: it ends with the run
        if self._asked_by is not None and number == signal.SIGINT:
            raise KeyboardInterrupt
        self._asked_by = signal.Signals(number)
        if number == signal.SIGINT:
            self._report("Ctrl-C: stopping after this step; once more stops at once")


def dismiss_readers() -> None:
    """End the processes that read data. Where a run fails nobody else tells them, and this process
    would wait for them at its end.
    """
    for reader in multiprocessing.active_children():
        # torch raises in this process where one ends otherwise than by itself.
        with contextlib.suppress(RuntimeError, ProcessLookupError):
            os.kill(reader.pid or 0, signal.SIGALRM)
            reader.join()


def outlast_the_step() -> None:
    """For a process that reads data, each time it is asked for some; nothing in any other.

    Many a scheduler sends SIGTERM to all processes of a run, and one that reads would be missed
    before the step is saved. It ends when the run wants nothing more from it, or is gone.
    """
    if get_worker_info() is not None:
        # torch has put its own handler there, after those of the process it was forked from.
        signal.signal(signal.SIGTERM, lambda number, frame: signal.alarm(_GRACE_SECONDS))
        signal.signal(signal.SIGALRM, lambda number, frame: os._exit(0))
