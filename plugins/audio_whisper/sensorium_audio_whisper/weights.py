"""Reading the encoder's weights: safetensors only, every name and shape checked first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from sensorium.errors import CheckpointError
from torch import nn

PREFIXES = ("model.encoder.", "encoder.")
OUTSIDE = ("model.decoder.", "decoder.", "proj_out.")
FLOATS = {"F64", "F32", "F16", "BF16"}


def encoder_name(stored: str) -> str | None:
    """A tensor's name inside the encoder, or None for the other parts of a Whisper."""
    if stored.startswith(OUTSIDE):
        return None
    for prefix in PREFIXES:
        stored = stored.removeprefix(prefix)
    return stored


def load_weights(encoder: nn.Module, path: Path) -> None:
    """Fill every parameter of `encoder`, converting to its type.

    Raises CheckpointError before the first tensor is read where one is missing, unknown, of
    another shape or quantized, so that nothing is ever left at random.
    """
    targets = dict(encoder.named_parameters())
    with _opened(path) as file, torch.no_grad():
        held = {encoder_name(name): name for name in file.keys()}  # noqa: SIM118 - no mapping
        held.pop(None, None)
        problems = [f"{name} is missing" for name in targets if name not in held]
        for name, stored in held.items():
            if name not in targets:
                problems.append(f"{stored} is unknown")
                continue
            part = file.get_slice(stored)
            if (shape := part.get_shape()) != (wanted := list(targets[name].shape)):
                problems.append(f"{stored} has the shape {shape} instead of {wanted}")
            if (dtype := part.get_dtype()) not in FLOATS:
                problems.append(f"{stored} has the type {dtype} instead of a float")
        if problems:
            more = f" and {len(problems) - 5} more" if len(problems) > 5 else ""
            raise CheckpointError(
                f"The weights do not fit config.json: {'; '.join(problems[:5])}{more}.",
                where=str(path.parent),
                hint="Use a complete checkpoint of a Whisper model.",
            )
        for name, target in targets.items():
            target.copy_(file.get_tensor(held[name]))


def same_weights(encoder: nn.Module, path: Path) -> bool:
    """Whether `encoder` holds what the file holds: nothing was trained since."""
    with _opened(path) as file:
        held = {encoder_name(name): name for name in file.keys()}  # noqa: SIM118 - no mapping
        return all(
            name in held
            and torch.equal(file.get_tensor(held[name]).to(weight.dtype), weight.detach().cpu())
            for name, weight in encoder.named_parameters()
        )


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"{path} is damaged or no safetensors file: {error}", hint="Copy or download it again."
        ) from error
