"""What `preprocessor_config.json` may say, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sensorium.errors import CheckpointError

FILE = "preprocessor_config.json"

SWITCHES = (
    "do_convert_rgb",
    "do_resize",
    "do_center_crop",
    "do_rescale",
    "do_normalize",
    "do_pad",
)
SIZES = ("size", "crop_size", "pad_size")
VALUES = (
    *("resample", "rescale_factor", "image_mean", "image_std"),
    *("default_to_square", "use_square_size"),
)
"""All that transformers' processor for CLIP asks about a picture."""

GEOMETRY = ("do_resize", "do_center_crop", "do_pad", *SIZES)
"""What decides the shape."""

LARGEST = 4096
"""Pixels of a side: more is no picture for a tower, but memory."""

_TYPES = ("image_processor_type", "feature_extractor_type")


def read_settings(content: Mapping[str, Any]) -> dict[str, Any]:
    """What the file says, transformers' own names and values; null stands for the default.

    Raises CheckpointError, which names the key, for what is not meant for CLIP.
    """
    for key in _TYPES:
        if not str(content.get(key) or "CLIP").startswith("CLIP"):
            raise CheckpointError(
                f"{FILE} is for another preprocessor than CLIP's ({key}: {content[key]})",
                hint="Use the file that belongs to the checkpoint.",
            )
    for key in SWITCHES:
        if not isinstance(content.get(key), bool | None):
            raise CheckpointError(f"{FILE} has {key}: {content[key]!r}, not true or false")
    for key in SIZES:
        if any(number > LARGEST for number in _numbers(content.get(key))):
            raise CheckpointError(f"{FILE} has {key}: {content[key]}, more than {LARGEST} pixels")
    known = (*SWITCHES, *SIZES, *VALUES)
    return {key: content[key] for key in known if content.get(key) is not None}


def square(processor: Any, fit: str) -> tuple[int, int]:
    """(width, height) that the processor gives to a square picture.

    CheckpointError where it resizes none, ValueError where its size depends on the picture.
    """
    if not processor.do_resize:
        raise CheckpointError(
            f"{FILE} has do_resize: false, but fit: {fit} resizes every picture",
            hint="Use fit: crop, which takes the middle of a picture as it is.",
        )
    match dict(processor.size):
        case {"height": height, "width": width}:
            return width, height
        case {"shortest_edge": edge, **more} if more.keys() <= {"longest_edge"}:
            edge = min(edge, *more.values()) if more else edge
            return edge, edge
        case size:
            raise ValueError(f"size is {size}: shortest_edge, or height and width, are known")


def background(processor: Any) -> tuple[int, ...]:
    """The colour, 0 to 255, that becomes 0 where the processor normalizes; ValueError for none."""
    mean = processor.image_mean
    values = [float(value) for value in (mean if isinstance(mean, list | tuple) else [mean] * 3)]
    if len(values) != 3:
        raise ValueError(f"image_mean has {len(values)} values, not 3")
    unit = 1 / 255
    if processor.do_normalize:
        unit = processor.rescale_factor if processor.do_rescale else 1
    # Rounded first: 0.5 / (1 / 255) may be a little less than half of 255.
    return tuple(max(0, min(255, int(round(value / unit, 6)))) for value in values)


def _numbers(size: Any) -> list[float]:
    held = [*size.values()] if isinstance(size, Mapping) else size
    return [n for n in (held if isinstance(held, list) else [held]) if isinstance(n, int | float)]
