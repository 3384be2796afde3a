"""The log of a run: one JSON line per entry in a file, one plain line for people."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from .writing import replace_text, writing

Report = Callable[[str], None]


class RunLog(TrainerCallback):  # type: ignore[misc]
    """`loss`, `grad_norm`, `learning_rate`, the parts of the loss, and steps per second."""

    def __init__(self, path: Path, report: Report) -> None:
        self.path = path
        self.report = report
        self._began = self._last = time.monotonic()
        self._step = 0

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Forget what a killed run wrote behind the checkpoint that this one goes on from."""
        self._began = self._last = time.monotonic()
        self._step = state.global_step
        if state.is_world_process_zero and self.path.exists():
            keep_until(self.path, state.global_step)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """The last step is always in the log."""
        if state.global_step == state.max_steps:
            control.should_log = True

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        """One entry; values that are not finite are left out, for JSON has no NaN."""
        if not logs or "loss" not in logs or not state.is_world_process_zero:
            return
        now = time.monotonic()
        entry: dict[str, Any] = {"step": state.global_step, "seconds": round(now - self._began, 1)}
        if state.global_step > self._step:
            speed = (state.global_step - self._step) / max(now - self._last, 1e-9)
            entry["steps_per_second"] = round(speed, 3)
            self._step, self._last = state.global_step, now
        entry |= {
            name: value
            for name, value in logs.items()
            if isinstance(value, int | float) and math.isfinite(value) and name != "epoch"
        }
        with writing(self.path), self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry, allow_nan=False) + "\n")
        shown = "  ".join(f"{k} {v:.4g}" for k, v in entry.items() if k != "step")
        self.report(f"step {state.global_step}/{state.max_steps}  {shown}")


def keep_until(path: Path, step: int) -> None:
    """Rewrite a log without the entries after `step` and without a torn last line."""
    kept = [line for line in path.read_text("utf-8").splitlines() if 0 <= _step(line) <= step]
    replace_text(path, "".join(f"{line}\n" for line in kept))


def _step(line: str) -> int:
    try:
        return int(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return -1
