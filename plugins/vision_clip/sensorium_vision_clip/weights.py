"""Reading the vision tower's weights: safetensors only, every name and shape checked first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError, safe_open
from sensorium.errors import CheckpointError

if TYPE_CHECKING:
    from transformers import CLIPVisionModel

PREFIX = "vision_model."
OUTSIDE = ("text_model.", "visual_projection.", "text_projection.", "logit_scale")
FLOATS = {"F64", "F32", "F16", "BF16"}


def vision_name(stored: str) -> str | None:
    """A tensor's name inside the tower, or None for the parts of a CLIP that are not the tower.

    Checkpoints of transformers before 5, and whole CLIP models, put `vision_model.` in front.
    `position_ids` was saved by old versions; it is 0, 1, 2, … and made anew.
    """
    if stored.startswith(OUTSIDE) or stored.endswith(".position_ids"):
        return None
    return stored.removeprefix(PREFIX)


def load_weights(model: CLIPVisionModel, files: Sequence[Path]) -> None:
    """Fill every parameter of `model` from `files`, converting to its type.

    Raises CheckpointError before the first tensor is read where one is missing, unknown, of
    another shape or quantized, so that nothing is ever left at random.
    """
    targets: dict[str, Any] = dict(model.named_parameters())
    found: dict[str, tuple[Path, str]] = {}
    problems: list[str] = []
    for path in files:
        with _opened(path) as file:
            for stored in file.keys():  # noqa: SIM118 - safe_open is no mapping
                name = vision_name(stored)
                if name is None:
                    continue
                if name in found:
                    problems.append(f"{name} is stored twice")
                elif name not in targets:
                    problems.append(f"{stored} is unknown")
                else:
                    part = file.get_slice(stored)
                    problems += _differences(stored, part, list(targets[name].shape))
                found[name] = (path, stored)
    problems += [f"{name} is missing" for name in targets if name not in found]
    if problems:
        more = f" and {len(problems) - 5} more" if len(problems) > 5 else ""
        raise CheckpointError(
            f"The weights do not fit config.json: {'; '.join(problems[:5])}{more}.",
            where=str(files[0].parent),
            hint="Use a complete checkpoint of a CLIP model.",
        )
    for path in files:
        with _opened(path) as file, torch.no_grad():
            for name, (holder, stored) in found.items():
                if holder == path:
                    targets[name].copy_(file.get_tensor(stored))


def _differences(stored: str, part: Any, wanted: list[int]) -> Iterator[str]:
    if (shape := part.get_shape()) != wanted:
        yield f"{stored} has the shape {shape} instead of {wanted}"
    if (dtype := part.get_dtype()) not in FLOATS:
        yield f"{stored} has the type {dtype} instead of a float"


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"{path} is damaged or no safetensors file: {error}", hint="Copy or download it again."
        ) from error
