"""A run on a terminal: one line that moves, and above it what is worth keeping."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from transformers import TrainerCallback

from .log import Report
from .processes import is_main

if TYPE_CHECKING:
    from .loop import Run

_SHOWN = (
    ("loss", "loss {:.4g}"),
    ("eval_loss", "validation {:.4g}"),
    ("tokens_per_second", "{:,.0f} tokens/s"),
    ("flops_utilisation", "{:.0%} of peak"),
    ("memory_gib", "{:.2f} GiB"),
)


def train_shown(run: Run, report: Report, *, resume: bool = True) -> None:
    """Train with a moving line where there is a terminal, through `report` elsewhere."""
    if not (is_main() and sys.stdout.isatty()):
        run.train(report, resume=resume)
        return
    with Display(run.stage.name, run.recipe.steps) as display:
        run.train(display.report, resume=resume, display=display)


class Display(TrainerCallback):  # type: ignore[misc]
    """A context manager around a run."""

    def __init__(self, name: str, steps: int, console: Console | None = None) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[values]}", markup=False),
            console=console or Console(),
        )
        self._task = self._progress.add_task(name, total=steps, values="")
        self._values: dict[str, float] = {}

    def __enter__(self) -> Display:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def report(self, line: str) -> None:
        """A line of its own, above the one that moves."""
        self._progress.console.print(line, markup=False, highlight=False)

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """A run that goes on is where it was; the time that is left is told from here on."""
        self._progress.reset(self._task, total=state.max_steps, completed=state.global_step)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """One further."""
        self._progress.update(self._task, completed=state.global_step)

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        """The newest of each value; validation has its own rhythm."""
        self._values |= {name: logs[name] for name, _ in _SHOWN if name in (logs or {})}
        values = [form.format(self._values[name]) for name, form in _SHOWN if name in self._values]
        self._progress.update(self._task, values="  ".join(values))
