"""Where in a safetensors file a tensor's bytes are, so that a graph can point at them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from .nodes import Stored


def tensor_places(path: Path) -> dict[str, Stored]:
    """Every tensor of a file that was written just now."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
    header.pop("__metadata__", None)
    start = 8 + length
    return {
        name: Stored(
            dtype=entry["dtype"],
            shape=tuple(entry["shape"]),
            offset=start + entry["data_offsets"][0],
            length=entry["data_offsets"][1] - entry["data_offsets"][0],
        )
        for name, entry in header.items()
    }


def is_plain(places: Mapping[str, Stored]) -> bool:
    """Whether these are a checkpoint's own weights: integers come with rotary tables."""
    return "rotary.cos" not in places
