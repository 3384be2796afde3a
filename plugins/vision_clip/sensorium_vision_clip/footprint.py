"""What the tower takes of this machine, from `config.json` alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from sensorium.footprint import Footprint, tower_footprint

from .encoder import build

if TYPE_CHECKING:
    from .options import ClipOptions


def footprint(options: ClipOptions) -> Footprint:
    """Of the whole tower in memory, and of the layers that are run in time."""
    encoder = build(options, "meta")
    config, weight = encoder.module.config, encoder.module.embeddings.patch_embedding.weight
    shape = (1, config.num_channels, config.image_size, config.image_size)
    picture = torch.empty(shape, device="meta", dtype=weight.dtype)
    taken = tower_footprint(
        encoder.module,
        lambda: encoder.features(picture),
        width=config.hidden_size,
        inner=config.intermediate_size,
        layers=config.num_hidden_layers,
        rows=encoder.module.embeddings.num_positions,
    )
    if options.backend == "torch":
        return taken
    from .onnx.footprint import converted

    return converted(taken, encoder)
