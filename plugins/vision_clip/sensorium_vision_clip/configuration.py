"""What a checkpoint's `config.json` says about the vision tower."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensorium import FeatureShape
from sensorium.checkpoint import read_json
from sensorium.errors import CheckpointError, ConfigError, other_kind

from .checkpoint import WHERE, Checkpoint

if TYPE_CHECKING:
    from transformers import CLIPVisionConfig

    from .options import ClipOptions


def read_config(checkpoint: Checkpoint) -> CLIPVisionConfig:
    """The vision tower's configuration, from the file of a whole CLIP or of the tower alone.

    The activation is the one the checkpoint names: OpenAI's CLIP was trained with quick_gelu,
    LAION's with gelu, and the wrong one spoils the features without any error. A file that names
    none means quick_gelu: that is the format's default, which transformers may leave out.
    """
    from huggingface_hub.errors import StrictDataclassError
    from transformers import CLIPConfig, CLIPVisionConfig

    path = checkpoint.find("config.json")
    if path is None:
        raise CheckpointError(
            f"{checkpoint.name} has no config.json.",
            where=WHERE,
            hint="It is no model in transformers' format.",
        )
    content = read_json(path)
    kind = content.get("model_type")
    if kind not in ("clip", "clip_vision_model"):
        raise CheckpointError(
            f"{checkpoint.name} is of the type {kind!r}, not a CLIP model.",
            where=WHERE,
            hint=other_kind("a CLIP checkpoint, such as openai/clip-vit-large-patch14-336"),
        )
    try:
        if kind == "clip":
            config = CLIPConfig.from_dict(content).vision_config
        else:
            config = CLIPVisionConfig.from_dict(content)
        problem = _problem(config)
    except (StrictDataclassError, TypeError, ValueError, AttributeError) as error:
        problem = " ".join(str(error).split())
    if problem:
        raise CheckpointError(f"{path} does not describe a CLIP vision tower: {problem}")
    return config


def feature_shape(config: CLIPVisionConfig, options: ClipOptions) -> FeatureShape:
    """What the encoder will produce; ConfigError for a layer that the tower does not have."""
    depth(config, options.layer)
    side = config.image_size // config.patch_size
    if options.cls == "only":
        return FeatureShape(config.hidden_size, positions=1)
    if options.cls == "keep":
        return FeatureShape(config.hidden_size, positions=side * side + 1)
    return FeatureShape(config.hidden_size, positions=side * side, grid=(side, side))


def depth(config: CLIPVisionConfig, layer: int) -> int:
    """How many layers to run for hidden state `layer`, which may count from the end."""
    layers: int = config.num_hidden_layers
    if not -layers - 1 <= layer <= layers:
        raise ConfigError(
            f"Hidden state {layer} does not exist: the checkpoint has {layers} layers.",
            where="layer",
            hint=f"Choose 0 to {layers}, or -1 to {-layers - 1} from the end.",
        )
    return layer if layer >= 0 else layers + 1 + layer


def _problem(config: CLIPVisionConfig) -> str | None:
    from transformers.activations import ACT2FN

    sizes = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads")
    for name in (*sizes, "image_size", "patch_size"):
        value = getattr(config, name)
        if not isinstance(value, int) or value < 1:
            return f"{name} must be a positive integer, not {value!r}."
    if config.image_size < config.patch_size:
        return f"image_size {config.image_size} is smaller than patch_size {config.patch_size}."
    if config.num_channels != 3:
        return f"num_channels must be 3, not {config.num_channels}."
    if config.hidden_act not in ACT2FN:
        return f"hidden_act {config.hidden_act!r} is unknown."
    return None
