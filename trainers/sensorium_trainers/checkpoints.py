"""Checkpoints that are whole or absent: written beside their place, flushed, then renamed.

transformers' Trainer writes straight into `checkpoint-N`; a kill would leave a torn folder that
looks newest. Only what learns is stored; frozen weights are where the run started from. With
several processes one writes for all, into a folder that all can read.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from sensorium.errors import CheckpointError
from torch import nn

from .log import Report
from .processes import gathered, is_main
from .sharding import is_sharded, like, state_like, whole, whole_state
from .writing import KEPT

LOG = "log.jsonl"
MANIFEST = "manifest.json"
OPTIMIZER = "optimizer.pt"
SCHEDULER = "scheduler.pt"
STATE = "trainer_state.json"
WEIGHTS = "model.safetensors"
_NAME = re.compile(r"checkpoint-(\d+)")


class AtomicCheckpoints:
    """Mixed into a Trainer."""

    model: nn.Module
    optimizer: Any
    lr_scheduler: Any
    args: Any
    state: Any

    def _save_checkpoint(self, model: nn.Module, trial: Any) -> None:
        output = Path(self.args.output_dir)
        place = output / f"checkpoint-{self.state.global_step}"
        staged = output / "staging" / place.name
        # Pieces of other processes come first: where a write fails, nobody waits for them.
        weights = {name: whole(weight) for name, weight in learning(self.model).items()}
        optimizer = whole_state(self.optimizer.state_dict()) if is_sharded(self.model) else None
        try:
            _on_main(place, lambda: _make_anew(staged))
            _everywhere(place, lambda: self._write(staged, weights, optimizer))
            _on_main(place, lambda: _publish(staged, place))
        finally:
            if is_main():
                shutil.rmtree(staged.parent, ignore_errors=True)
        if is_main():
            self._prune(output)

    def _write(self, folder: Path, weights: dict[str, Any], optimizer: Any) -> None:
        """Everything of this process; the main one has most of it."""
        trainer: Any = super()
        trainer._save_rng_state(str(folder))
        if optimizer is None:  # an engine such as DeepSpeed's writes in every process
            trainer._save_optimizer_and_scheduler(str(folder))
        if not is_main():
            return
        safetensors.torch.save_file(weights, folder / WEIGHTS)
        if optimizer is not None:
            torch.save(optimizer, folder / OPTIMIZER)
            torch.save(self.lr_scheduler.state_dict(), folder / SCHEDULER)
        trainer._save_scaler(str(folder))
        self.state.save_to_json(str(folder / STATE))
        self.save_more(folder)

    def save_more(self, folder: Path) -> None:
        """What else a run needs in order to go on; written by the main process."""

    def _prune(self, output: Path) -> None:
        # A damaged one further on, which the run went back behind, must not push out this one.
        so_far = [path for path in checkpoints(output) if step_of(path) <= self.state.global_step]
        for old in so_far[: -self.args.save_total_limit]:
            shutil.rmtree(old)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        self.load_weights(self.model, Path(resume_from_checkpoint))

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        if checkpoint is None or not is_sharded(self.model):
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
        held = safetensors.torch.load_file(checkpoint / WEIGHTS)
        expected = learning(model)
        shapes = {name: weight.shape for name, weight in expected.items()}
        if shapes != {name: weight.shape for name, weight in held.items()}:
            odd = min(
                name
                for name in held.keys() | shapes.keys()
                if name not in held or held[name].shape != shapes.get(name)
            )
            raise CheckpointError(
                f"{checkpoint} is from another run: {odd} is missing or of another shape",
                hint="Choose another output folder, or the recipe it was made with.",
            )
        with torch.no_grad():
            for name, weight in expected.items():
                weight.copy_(like(held[name], weight))


def learning(model: nn.Module) -> dict[str, torch.Tensor]:
    """The parameters that learn, by name, one entry for weights that are shared."""
    return {n: w.detach() for n, w in model.named_parameters() if w.requires_grad}


def checkpoints(output: Path) -> list[Path]:
    """Complete checkpoints, oldest first."""
    found = [path for path in output.glob("checkpoint-*") if _NAME.fullmatch(path.name)]
    return sorted(found, key=step_of)


def step_of(checkpoint: Path) -> int:
    """The number in its name."""
    return int(checkpoint.name.partition("-")[2])


def newest_checkpoint(output: Path, report: Report | None = None) -> Path | None:
    """The newest one whose files are all as its manifest says; damaged ones are reported."""
    for path in reversed(checkpoints(output)):
        problem = damage(path)
        if problem is None:
            return path
        if report is not None:
            report(f"{path.name} is damaged and passed over: {problem}")
    return None


def seal(folder: Path) -> None:
    """Write the manifest and flush everything to the disk."""
    inside = sorted(folder.rglob("*"))
    files = {p.relative_to(folder).as_posix(): _sha256(p) for p in inside if p.is_file()}
    (folder / MANIFEST).write_text(json.dumps(files, indent=1), "utf-8")
    for path in (*inside, folder / MANIFEST, folder):
        flush(path)


def flush(path: Path) -> None:
    """Wait until a file, or the entries of a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def damage(folder: Path) -> str | None:
    """What is wrong with a checkpoint; None where every file is there and unchanged."""
    try:
        files = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return f"{MANIFEST} is missing or torn"
    if not isinstance(files, dict) or WEIGHTS not in files:
        return f"{MANIFEST} names no weights"
    for name, digest in files.items():
        try:
            if _sha256(folder / name) != digest:
                return f"{name} is not what was written"
        except OSError:
            return f"{name} is missing"
    return None


def set_aside(output: Path) -> Path | None:
    """Move an earlier run's checkpoints and log into a folder of their own → that folder.

    Left where they are, they would outlive those of the new run, being further on.
    """
    earlier = [*checkpoints(output), *(p for p in (output / LOG,) if p.exists())]
    if not earlier:
        return None
    number = 1
    while (place := output / f"earlier-{number}").exists():
        number += 1
    place.mkdir()
    for path in earlier:
        path.rename(place / path.name)
    return place


def _make_anew(folder: Path) -> None:
    shutil.rmtree(folder.parent, ignore_errors=True)
    folder.mkdir(parents=True)


def _publish(staged: Path, place: Path) -> None:
    """Seal a finished checkpoint and put it in its place, in one step."""
    seal(staged)
    shutil.rmtree(place, ignore_errors=True)
    staged.rename(place)
    flush(place.parent)


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
    reasons = [reason for reason in gathered(problem and _reason(problem)) if reason]
    if reasons:
        raise CheckpointError(
            f"Cannot write the checkpoint {place}: {reasons[0]}", hint=KEPT
        ) from problem


def _reason(error: Exception) -> str:
    said = error.strerror if isinstance(error, OSError) else None
    return said or str(error).partition("\n")[0][:200] or type(error).__name__


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
