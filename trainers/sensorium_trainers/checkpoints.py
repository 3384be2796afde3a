"""Checkpoints that are whole or absent: written beside their place, flushed, then renamed.

transformers' Trainer writes straight into `checkpoint-N`; a kill would leave a torn folder that
looks newest. Only what learns is stored; frozen weights are where the run started from.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from sensorium.errors import CheckpointError
from torch import nn

LOG = "log.jsonl"
GENERATIONS = "generations.jsonl"
MANIFEST = "manifest.json"
WEIGHTS = "model.safetensors"
_NAME = re.compile(r"checkpoint-(\d+)")


class AtomicCheckpoints:
    """Mixed into a Trainer."""

    model: nn.Module
    args: Any
    state: Any

    def _save_checkpoint(self, model: nn.Module, trial: Any) -> None:
        output = Path(self.args.output_dir)
        staging = output / "staging"
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(parents=True)
        name = f"checkpoint-{self.state.global_step}"
        self.args.output_dir = str(staging)
        try:
            super()._save_checkpoint(model, trial)  # type: ignore[misc]
            seal(staging / name)
            shutil.rmtree(output / name, ignore_errors=True)
            (staging / name).rename(output / name)
            flush(output)
        # safetensors and torch.save have errors of their own for a full disk.
        except (OSError, SafetensorError, RuntimeError) as error:
            raise CheckpointError(
                f"Cannot write the checkpoint {output / name}: {_reason(error)}",
                hint="Earlier checkpoints are untouched; make room and run the same command again.",
            ) from error
        finally:
            self.args.output_dir = str(output)
            shutil.rmtree(staging, ignore_errors=True)
        # A damaged one further on, which the run went back behind, must not push out this one.
        so_far = [path for path in checkpoints(output) if step_of(path) <= self.state.global_step]
        for old in so_far[: -self.args.save_total_limit]:
            shutil.rmtree(old)

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        folder = Path(output_dir or self.args.output_dir)
        folder.mkdir(parents=True, exist_ok=True)
        safetensors.torch.save_file(learning(self.model), folder / WEIGHTS)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        self.load_weights(self.model, Path(resume_from_checkpoint))

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
                weight.copy_(held[name])


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


def newest_checkpoint(output: Path) -> Path | None:
    """The newest one whose files are all as its manifest says."""
    return next((path for path in reversed(checkpoints(output)) if is_whole(path)), None)


def seal(folder: Path) -> None:
    """Write the manifest and flush everything to the disk."""
    files = {path.name: _sha256(path) for path in sorted(folder.iterdir()) if path.is_file()}
    (folder / MANIFEST).write_text(json.dumps(files, indent=1), "utf-8")
    for path in (*folder.iterdir(), folder):
        flush(path)


def flush(path: Path) -> None:
    """Wait until a file, or the entries of a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_whole(folder: Path) -> bool:
    """Whether every file is there and unchanged."""
    try:
        files = json.loads((folder / MANIFEST).read_text("utf-8"))
        return WEIGHTS in files and all(_sha256(folder / n) == d for n, d in files.items())
    except (OSError, ValueError, TypeError, AttributeError):
        return False


def set_aside(output: Path) -> Path | None:
    """Move an earlier run's checkpoints and logs into a folder of their own → that folder.

    Left where they are, they would outlive those of the new run, being further on.
    """
    logs = (output / LOG, output / GENERATIONS)
    earlier = [*checkpoints(output), *(path for path in logs if path.exists())]
    if not earlier:
        return None
    number = 1
    while (place := output / f"earlier-{number}").exists():
        number += 1
    place.mkdir()
    for path in earlier:
        path.rename(place / path.name)
    return place


def _reason(error: Exception) -> str:
    said = error.strerror if isinstance(error, OSError) else None
    return said or str(error).partition("\n")[0][:200] or type(error).__name__


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
