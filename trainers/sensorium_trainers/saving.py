"""What a checkpoint holds: whatever a run needs in order to go on with the same bits.

Of the weights only those that learn; frozen ones are where the run started from. With several
processes the main one writes for all, into a folder that all can read.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from sensorium.checkpoint import save_weights
from sensorium.errors import CheckpointError
from torch import nn

from .checkpoints import WEIGHTS, clear, make_anew, prune, publish
from .folder import STAGING
from .processes import gathered, is_main
from .sharding import is_sharded, like, state_like, whole, whole_state
from .writing import advice

OPTIMIZER = "optimizer.pt"
SCHEDULER = "scheduler.pt"
STATE = "trainer_state.json"

_NOTHING_BYTES = 1 << 16


class AtomicCheckpoints:
    """Mixed into a Trainer."""

    model: nn.Module
    optimizer: Any
    lr_scheduler: Any
    args: Any
    state: Any
    is_deepspeed_enabled: bool

    def _save_checkpoint(self, model: nn.Module, trial: Any) -> None:
        output = Path(self.args.output_dir)
        place = output / f"checkpoint-{self.state.global_step}"
        staged = output / STAGING / place.name
        # Pieces of other processes come first: where a write fails, nobody waits for them.
        weights = {name: whole(weight) for name, weight in learning(self.model).items()}
        optimizer = whole_state(self.optimizer.state_dict()) if is_sharded(self.model) else None
        try:
            _on_main(place, lambda: make_anew(staged))
            _everywhere(place, lambda: self._write(staged, weights, optimizer))
            _on_main(place, lambda: publish(staged, place))
        finally:
            if is_main():
                clear(output)
        if is_main():
            prune(output, self.state.global_step, self.args.save_total_limit)

    def _write(self, folder: Path, weights: dict[str, Any], optimizer: Any) -> None:
        """Everything of this process; the main one has most of it."""
        trainer: Any = super()
        trainer._save_rng_state(str(folder))
        if optimizer is None:  # DeepSpeed's engine writes in every process
            trainer._save_optimizer_and_scheduler(str(folder))
        if not is_main():
            return
        save_weights(weights, folder / WEIGHTS)
        if optimizer is not None:
            torch.save(optimizer, folder / OPTIMIZER)
            torch.save(self.lr_scheduler.state_dict(), folder / SCHEDULER)
        trainer._save_scaler(str(folder))
        self.state.save_to_json(str(folder / STATE))
        self.save_more(folder)

    def save_more(self, folder: Path) -> None:
        """What else a run needs in order to go on; written by the main process."""

    def refuse_other_form(self, checkpoint: Path) -> None:
        """CheckpointError for one whose optimizer states this trainer cannot take up."""
        by_deepspeed = not (checkpoint / OPTIMIZER).is_file()
        if by_deepspeed != self.is_deepspeed_enabled:
            written, now = ("with", "without") if by_deepspeed else ("without", "with")
            raise CheckpointError(
                f"{checkpoint} was written {written} DeepSpeed and cannot go on {now} it",
                hint="Launch the run as it was begun.",
            )

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        self.load_weights(self.model, Path(resume_from_checkpoint))

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        if checkpoint is None or self.is_deepspeed_enabled:
            super()._load_optimizer_and_scheduler(checkpoint)  # type: ignore[misc]
            return
        chosen = [_chosen(group) for group in self.optimizer.param_groups]
        self._load_moments(checkpoint)
        # The checkpoint brings the settings it was made with; those of the recipe count.
        for group, settings in zip(self.optimizer.param_groups, chosen, strict=True):
            group.update(settings)
        schedule = self.lr_scheduler
        schedule.base_lrs = [settings["initial_lr"] for settings in chosen]
        shares = (share(schedule.last_epoch) for share in schedule.lr_lambdas)
        rates = [rate * share for rate, share in zip(schedule.base_lrs, shares, strict=True)]
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
        schedule._last_lr = rates  # which is what the log shows

    def _load_moments(self, checkpoint: str) -> None:
        if not is_sharded(self.model):
            super()._load_optimizer_and_scheduler(checkpoint)  # type: ignore[misc]
            return
        state = torch.load(Path(checkpoint) / OPTIMIZER, weights_only=True)
        parameters = [weight for group in self.optimizer.param_groups for weight in group["params"]]
        self.optimizer.load_state_dict(state_like(state, parameters))
        scheduler = torch.load(Path(checkpoint) / SCHEDULER, weights_only=True)
        self.lr_scheduler.load_state_dict(scheduler)

    @staticmethod
    def load_weights(model: nn.Module, checkpoint: Path) -> None:
        """Put a checkpoint's weights into `model`; CheckpointError where it is another's."""
        refuse_other_weights(model, checkpoint)
        held = safetensors.torch.load_file(checkpoint / WEIGHTS)
        with torch.no_grad():
            for name, weight in learning(model).items():
                weight.copy_(like(held[name], weight))


def refuse_other_weights(model: nn.Module, checkpoint: Path) -> None:
    """CheckpointError where what learned in it is not what learns in `model`; reads no weights."""
    with safe_open(str(checkpoint / WEIGHTS), framework="pt") as file:
        held = {name: file.get_slice(name).get_shape() for name in file.keys()}  # noqa: SIM118
    expected = {name: [*weight.shape] for name, weight in learning(model).items()}
    odd = [n for n in held.keys() | expected.keys() if held.get(n) != expected.get(n)]
    if odd:
        raise CheckpointError(
            f"{checkpoint} is from another run: {min(odd)} is missing or of another shape",
            hint="Choose another output folder, or the recipe it was made with.",
        )


def learning(model: nn.Module) -> dict[str, torch.Tensor]:
    """The parameters that learn, by name, one entry for weights that are shared."""
    return {n: w.detach() for n, w in model.named_parameters() if w.requires_grad}


def _chosen(group: dict[str, Any]) -> dict[str, Any]:
    """What the recipe says of a group of parameters, its learning rate before any schedule."""
    return {name: value for name, value in group.items() if name not in ("params", "lr")}


def _on_main(place: Path, action: Callable[[], None]) -> None:
    _everywhere(place, action if is_main() else lambda: None)


def _everywhere(place: Path, action: Callable[[], None]) -> None:
    """Do a part of the writing; CheckpointError in every process where it failed in one."""
    problem: Exception | None = None
    try:
        action()
    # safetensors and torch.save have errors of their own for a full disk.
    except (OSError, SafetensorError, RuntimeError) as error:
        problem = error
    reasons = [reason for reason in gathered(problem and _reason(problem, place)) if reason]
    if reasons:
        raise CheckpointError(
            f"Cannot write the checkpoint {place}: {reasons[0]}", hint=advice(reasons[0])
        ) from problem


def _reason(error: Exception, place: Path) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    # torch.save tells of a full disk as of a position that it did not expect.
    if shutil.disk_usage(place.parent).free < _NOTHING_BYTES:
        return os.strerror(errno.ENOSPC)
    return str(error).partition("\n")[0][:200] or type(error).__name__
