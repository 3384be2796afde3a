"""What a weights file says about itself, its weights unread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .errors import CheckpointError


@dataclass(frozen=True, slots=True)
class WeightsHeader:
    """What a safetensors file says about itself, weights unread."""

    shapes: dict[str, list[int]]
    metadata: dict[str, str]


def read_header(path: Path, *, where: str | None = None) -> WeightsHeader:
    """Shapes and metadata of a safetensors file; CheckpointError where it is not one."""
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise CheckpointError(f"No weights file {path}", where=where)
    try:
        with safe_open(path, framework="pt") as file:
            shapes = {name: file.get_slice(name).get_shape() for name in file.keys()}  # noqa: SIM118
            return WeightsHeader(shapes, dict(file.metadata() or {}))
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(
            f"{path} is not a readable safetensors file",
            where=where,
            hint="Pickle formats (.bin, .pt) are not loaded; convert them to safetensors.",
        ) from error
