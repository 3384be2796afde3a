"""Whether the files of a folder fit its config.json, from headers alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from sensorium.checkpoint import find_weights
from transformers import CLIPVisionModel

from .checkpoint import INDEX, SAFE, Checkpoint
from .preprocessing import read_preprocessor
from .weights import vision_name

if TYPE_CHECKING:
    from transformers import CLIPVisionConfig

    from .options import ClipOptions


def check_files(checkpoint: Checkpoint, config: CLIPVisionConfig, options: ClipOptions) -> None:
    """CheckpointError where `build` could not use the files; a folder may have no weights yet."""
    read_preprocessor(checkpoint, config.image_size, options.fit)
    if options.random_seed is not None or not (checkpoint.find(SAFE) or checkpoint.find(INDEX)):
        return
    if options.backend == "onnx":
        from .onnx.encoder import find_graph

        find_graph(options)
    with torch.device("meta"):
        tower = CLIPVisionModel(config)
    shapes = {name: weight.shape for name, weight in tower.named_parameters()}
    find_weights(shapes, checkpoint.weights(), vision_name, kind="CLIP")
