"""transformers' Trainer with whole checkpoints, averaged loss parts and a guard against NaN."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import torch
from sensorium.errors import ConfigError
from torch import nn
from transformers import PrinterCallback, Trainer, TrainerCallback

from .data import Data
from .errors import TrainingError
from .generations import Generations
from .losses import means
from .machine import describe
from .means import Means
from .meter import Meter
from .muon import muon
from .objective import Objective
from .processes import gathered
from .reading import TAKEN, Reader
from .recipe import TrainingRecipe
from .reporters import reporters
from .saving import AtomicCheckpoints
from .schedule import OwnIntervals, arguments
from .skipping import Skipped
from .validation import Validation
from .walk import Walk


class StageTrainer(AtomicCheckpoints, Trainer):  # type: ignore[misc]
    """One run of one objective."""

    loss_is_scaled_for_ga = True  # by `compute_loss`, with what was counted in the whole step

    def __init__(
        self,
        objective: Objective,
        recipe: TrainingRecipe,
        data: Data,
        samples: Skipped,
        callbacks: list[TrainerCallback],
        held_out: Data | None = None,
    ) -> None:
        self.skipped = 0
        self.samples = samples
        self._allowed = recipe.max_skipped_steps
        self._objective = objective
        self._means = Means()
        told = arguments(recipe)
        self.machine = describe(objective, str(told.device), recipe.peak_tflops)
        self.meter = Meter(self.machine.peak_flops)
        self.generations = Generations(recipe.output)
        self.validation = None
        if held_out is not None:
            mine = {"rank": told.process_index, "processes": told.world_size}
            self.validation = Validation(objective, held_out, recipe, **mine)
        self.walk = Walk(data, recipe, processes=told.world_size)
        ours = OwnIntervals(), self.meter, self.generations
        super().__init__(
            model=objective,
            args=told,
            # Indices only: samples are read where batches are made, and replaced there.
            train_dataset=self.walk,
            eval_dataset=None if held_out is None else range(len(held_out)),
            data_collator=Reader(data, objective, recipe.seed),
            callbacks=[*callbacks, *ours, *reporters(recipe)],
            optimizer_cls_and_kwargs=muon(told) if recipe.optimizer == "muon" else None,
        )
        self.remove_callback(PrinterCallback)
        if recipe.optimizer == "muon" and (self.is_fsdp_enabled or self.is_deepspeed_enabled):
            raise ConfigError(
                "Muon needs whole matrices, and this run has them in pieces",
                where="optimizer",
                hint="Choose adamw, or train without FSDP and DeepSpeed.",
            )
        if self.is_deepspeed_enabled:
            self._allowed = 0  # its engine has taken the step before we can judge it

    def compute_loss(
        self,
        model: nn.Module,
        inputs: Any,
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        """A batch's share of the loss of its step, whose parts are kept for the log."""
        sums = model(**inputs)
        counts = num_items_in_batch
        loss = self._objective.combine(sums, counts)
        self._means.add({"loss": loss, **means(sums, counts)})
        # Gradients are averaged over processes, but their shares are to be added up.
        loss = loss * self.args.world_size
        return (loss, sums) if return_outputs else loss

    def get_batch_samples(self, *args: Any, **kwargs: Any) -> tuple[list[Any], Counter[str]]:
        """The batches of a step, and what the objective counts in them and in all processes'.

        The Trainer reads them all before the first is learned, and gives the counts to
        `compute_loss`.
        """
        batches, _ = super().get_batch_samples(*args, **kwargs)
        mine = [batch.pop(TAKEN) for batch in batches]
        of_all = [taken for together in zip(*gathered(mine), strict=True) for taken in together]
        self.samples.add(of_all)
        for taken in mine:
            self.meter.add(taken)
        self._means.begin()
        counts = Counter[str]()
        for taken in of_all:
            counts.update(taken.counts)
        return batches, counts

    def log(self, logs: dict[str, float], *args: Any, **kwargs: Any) -> None:
        """Adds the parts of the loss, the speed, and how much was skipped so far."""
        if "loss" in logs:
            speed = self.meter.take(self.state.global_step, self.args.world_size)
            del logs["loss"]  # the Trainer's, in which a step that is not finite hides the others
            logs = {**self._means.take(), **logs, **speed}
            if self.skipped:
                logs["skipped_steps"] = self.skipped
            if self.samples.count:
                logs["skipped_samples"] = self.samples.count
        super().log(logs, *args, **kwargs)

    def save_more(self, folder: Path) -> None:
        """How many samples were taken, and how many of them skipped."""
        self.samples.save(folder)
        self.walk.place(self.state.global_step).save(folder)

    def evaluate(self, *args: Any, **kwargs: Any) -> dict[str, float]:
        """Held-out loss into the log, answers beside it; the Trainer says when."""
        if self.validation is None:
            raise TrainingError("This run holds out no samples", where="validation")
        with self.meter.paused():
            found = self.validation.loss(self._prepare_inputs)
            answers = self.validation.answers()
            if self.is_world_process_zero():
                self.generations.add(self.state.global_step, answers)
        metrics = {f"eval_{name}": round(value, 4) for name, value in found.items()}
        self.log(metrics)
        self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def _save_checkpoint(self, model: nn.Module, trial: Any) -> None:
        with self.meter.paused():
            super()._save_checkpoint(model, trial)

    def _clip_grad_norm(self, model: nn.Module) -> Any:
        norm = super()._clip_grad_norm(model)
        # DeepSpeed says -1 where it is not finite.
        if not torch.isfinite(torch.as_tensor(norm)) or norm < 0:
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
