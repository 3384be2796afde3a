"""The log of a run: one JSON line per entry in a file, one plain line for people.

An entry is of the training or of a validation; the names of the latter begin with `validation_`.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sensorium.text_files import read_text
from transformers import TrainerCallback

from .writing import replace_text, writing

Report = Callable[[str], None]


class RunLog(TrainerCallback):  # type: ignore[misc]
    """`loss` and its parts, `grad_norm`, `learning_rate`, and what the meter measured.

    `report` is None where something else shows the entries.
    """

    def __init__(self, path: Path, report: Report | None) -> None:
        self.path = path
        self.report = report
        self._began = time.monotonic()

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Forget what a killed run wrote behind the checkpoint that this one goes on from."""
        self._began = time.monotonic()
        if state.is_world_process_zero and self.path.exists():
            keep_until(self.path, state.global_step)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """The last step is always in the log, and validated where anything is."""
        if state.global_step == state.max_steps:
            control.should_log = True
            control.should_evaluate = args.eval_strategy != "no"

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        """One entry; values that are not finite are left out, for JSON has no NaN.

        The loss is missing where that of no step was finite.
        """
        told = {"learning_rate", "eval_loss"} & (logs or {}).keys()
        if not told or not state.is_world_process_zero:
            return
        seconds = round(time.monotonic() - self._began, 1)
        entry: dict[str, Any] = {"step": state.global_step, "seconds": seconds}
        entry |= {
            name.replace("eval_", "validation_"): value
            for name, value in logs.items()
            if isinstance(value, int | float) and math.isfinite(value) and name != "epoch"
        }
        with writing(self.path), self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry, allow_nan=False) + "\n")
        if self.report is None:
            return
        shown = "  ".join(f"{k} {v:.4g}" for k, v in entry.items() if k != "step")
        self.report(f"step {state.global_step}/{state.max_steps}  {shown}")


def keep_until(path: Path, step: int) -> None:
    """Rewrite a log without the entries after `step` and without a torn last line."""
    kept = [line for line in read_text(path).splitlines() if 0 <= _step(line) <= step]
    replace_text(path, "".join(f"{line}\n" for line in kept))


def _step(line: str) -> int:
    try:
        return int(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return -1
