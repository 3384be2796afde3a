"""What a checkpoint's `config.json` says about Whisper's encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensorium import FeatureShape
from sensorium.checkpoint import read_json
from sensorium.errors import CheckpointError, other_kind

from .checkpoint import CONFIG, WHERE, Checkpoint

if TYPE_CHECKING:
    from transformers import WhisperConfig

DECISIVE = (
    "d_model",
    "encoder_layers",
    "encoder_attention_heads",
    "encoder_ffn_dim",
    "num_mel_bins",
    "max_source_positions",
    "activation_function",
    "scale_embedding",
)
"""What decides the features, besides weights and preprocessing."""


def read_config(checkpoint: Checkpoint) -> WhisperConfig:
    """The configuration; CheckpointError where the file is absent or describes no Whisper."""
    from huggingface_hub.errors import StrictDataclassError
    from transformers import WhisperConfig

    path = checkpoint.find(CONFIG)
    if path is None:
        raise CheckpointError(
            f"{checkpoint.name} has no {CONFIG}.",
            where=WHERE,
            hint="It is no model in transformers' format.",
        )
    content = read_json(path)
    if (kind := content.get("model_type")) != "whisper":
        raise CheckpointError(
            f"{checkpoint.name} is of the type {kind!r}, not a Whisper model in transformers' "
            "format.",
            where=WHERE,
            hint="A conversion for CTranslate2 alone only transcribes: set mode: transcribe."
            if kind is None
            else other_kind("a size (tiny, base, small …) or another Whisper checkpoint"),
        )
    try:
        config = WhisperConfig.from_dict(content)
        problem = _problem(config)
    except (StrictDataclassError, TypeError, ValueError, AttributeError) as error:
        problem = " ".join(str(error).split())
    if problem:
        raise CheckpointError(f"{path} does not describe a Whisper model: {problem}")
    return config


def feature_shape(config: WhisperConfig) -> FeatureShape:
    """As many positions as there is sound: they vary with the recording."""
    return FeatureShape(config.d_model, positions=None)


def _problem(config: WhisperConfig) -> str | None:
    from transformers.activations import ACT2FN

    for name in DECISIVE[:6]:
        value = getattr(config, name)
        if not isinstance(value, int) or value < 1:
            return f"{name} must be a positive integer, not {value!r}."
    if config.d_model % config.encoder_attention_heads:
        return "encoder_attention_heads must divide d_model."
    if config.activation_function not in ACT2FN:
        return f"activation_function {config.activation_function!r} is unknown."
    return None
