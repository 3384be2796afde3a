"""What a converted tower takes of this machine."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from .encoder import find_graph
from .products import LayerProducts

if TYPE_CHECKING:
    from sensorium.footprint import Footprint

    from sensorium_vision_clip.encoder import ClipEncoder

_NODES_AROUND_THE_LAYERS = 8
"""To start the others is part of the time that a layer takes."""


def converted(taken: Footprint, encoder: ClipEncoder) -> Footprint:
    """`taken` by an `encoder` on torch → by its graph, which holds only the layers that are run.

    CheckpointError where there is none.
    """
    options, config = encoder.options, encoder.module.config
    positions: int = encoder.module.embeddings.num_positions
    size = find_graph(options).stat().st_size
    return replace(
        taken,
        resident_bytes=size,
        read_bytes=size,
        operations=_NODES_AROUND_THE_LAYERS,
        products=partial(LayerProducts, config, options.quantization, positions),
    )
