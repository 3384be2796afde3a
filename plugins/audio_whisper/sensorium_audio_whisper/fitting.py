"""Whether the files of a folder fit its config.json, from headers alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from sensorium.checkpoint import find_weights
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from .checkpoint import PREPROCESSOR, SAFE, Checkpoint
from .preprocessing import read_spectrograms
from .weights import encoder_name

if TYPE_CHECKING:
    from transformers import WhisperConfig

    from .options import WhisperOptions


def check_files(checkpoint: Checkpoint, config: WhisperConfig, options: WhisperOptions) -> None:
    """CheckpointError where the encoder could not use the files; there may be none yet."""
    if checkpoint.find(PREPROCESSOR):
        read_spectrograms(checkpoint, config)
    if options.random_seed is not None or not checkpoint.find(SAFE):
        return
    with torch.device("meta"):
        encoder = WhisperEncoder(config)
    shapes = {name: weight.shape for name, weight in encoder.named_parameters()}
    find_weights(shapes, [checkpoint.weights()], encoder_name, kind="Whisper")
