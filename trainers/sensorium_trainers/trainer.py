"""transformers' Trainer with whole checkpoints, averaged loss parts and a guard against NaN."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PrinterCallback, Trainer, TrainerCallback

from .checkpoints import AtomicCheckpoints
from .errors import TrainingError
from .recipe import TrainingRecipe
from .schedule import arguments


class StageTrainer(AtomicCheckpoints, Trainer):  # type: ignore[misc]
    """One run of one objective."""

    def __init__(
        self,
        objective: nn.Module,
        recipe: TrainingRecipe,
        data: Any,
        callbacks: list[TrainerCallback],
    ) -> None:
        self.skipped = 0
        self._allowed = recipe.max_skipped_steps
        self._parts = Means()
        super().__init__(
            model=objective,
            args=arguments(recipe),
            train_dataset=data,
            data_collator=objective.collate,
            callbacks=callbacks,
        )
        self.remove_callback(PrinterCallback)

    def compute_loss(
        self, model: nn.Module, inputs: Any, return_outputs: bool = False, **_: Any
    ) -> Any:
        """The objective's loss; its parts are kept for the log."""
        outputs = model(**inputs)
        self._parts.add({name: value for name, value in outputs.items() if name != "loss"})
        return (outputs["loss"], outputs) if return_outputs else outputs["loss"]

    def log(self, logs: dict[str, float], *args: Any, **kwargs: Any) -> None:
        """Adds the parts of the loss, and how many steps were skipped so far."""
        if "loss" in logs:
            logs = {**logs, **self._parts.take()}
            if self.skipped:
                logs["skipped_steps"] = self.skipped
        super().log(logs, *args, **kwargs)

    def _clip_grad_norm(self, model: nn.Module) -> Any:
        norm = super()._clip_grad_norm(model)
        if not torch.isfinite(torch.as_tensor(norm)):
            # Clipping has divided every gradient by it. Without gradients the optimizer's step
            # leaves weights and moments as they are.
            model.zero_grad()
            self.skipped += 1
            if self.skipped > self._allowed:
                raise TrainingError(
                    f"The loss or its gradient was not finite in {self.skipped} steps, the last "
                    f"time in step {self.state.global_step + 1}",
                    where="max_skipped_steps",
                    hint="Lower the learning rate, or look for damaged samples; "
                    "the newest checkpoint is intact.",
                )
        return norm


class Means:
    """Means of named values since they were last taken; no synchronisation in between."""

    def __init__(self) -> None:
        self._held: defaultdict[str, list[Tensor]] = defaultdict(list)

    def add(self, values: Mapping[str, Tensor]) -> None:
        """Scalars of one batch."""
        for name, value in values.items():
            self._held[name].append(value.detach())

    def take(self) -> dict[str, float]:
        """The means of what was finite, and begin anew."""
        means = {}
        for name, values in self._held.items():
            stacked = torch.stack(values).float()
            finite = stacked[torch.isfinite(stacked)]
            if len(finite):
                means[name] = round(float(finite.mean()), 4)
        self._held.clear()
        return means
