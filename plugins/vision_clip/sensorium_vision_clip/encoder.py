"""The encoder: pictures → hidden states of CLIP's vision tower.

Legend: B pictures, S image size, P patches, T positions (P, P + 1 or 1, by `cls`), D_encoder.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from sensorium.checkpoint import load_weights, save_weights, write_json
from sensorium.device import choose_dtype, seeded
from sensorium.errors import PerceptionError
from sensorium.fingerprint import combine, weights_fingerprint
from torch import Tensor
from transformers import CLIPVisionModel

from .checkpoint import SAFE, Checkpoint
from .configuration import depth, feature_shape, read_config
from .preprocessing import Preprocessor, read_preprocessor
from .weights import vision_name

if TYPE_CHECKING:
    from transformers import CLIPVisionConfig

    from .options import ClipOptions


_DECISIVE = (
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "image_size",
    "patch_size",
    "hidden_act",
    "layer_norm_eps",
)


class ClipEncoder:
    """A `TrainableEncoder`. `module` is the whole tower; layers behind `layer` are not run."""

    modality = "image"

    def __init__(
        self,
        module: CLIPVisionModel,
        preprocessor: Preprocessor,
        options: ClipOptions,
        fingerprint: str,
    ) -> None:
        self.module: Any = module
        self.options = options
        self.fingerprint = fingerprint
        self.shape = feature_shape(module.config, options)
        self.width = self.shape.width
        self._preprocessor = preprocessor
        self.depth = depth(module.config, options.layer)

    def prepare(self, media: Any) -> Tensor:
        """A picture (PIL, RGB) → [3, S, S] float32 on the CPU; PerceptionError for other media."""
        return self._preprocessor(media)

    def features(self, inputs: Tensor) -> Tensor:
        """[B, 3, S, S] → [B, T, D_encoder] in the tower's type, with gradients."""
        tower = self.module
        # The misspelt name is transformers'; so are the positional arguments of a layer.
        hidden: Tensor = tower.pre_layrnorm(tower.embeddings(inputs))
        for layer in tower.encoder.layers[: self.depth]:
            hidden = layer(hidden, None)
        if self.options.cls == "drop":
            return hidden[:, 1:]
        return hidden if self.options.cls == "keep" else hidden[:, :1]

    def encode(self, batch: Sequence[Tensor]) -> list[Tensor]:
        """Prepared pictures [3, S, S] → one [T, D_encoder] each, without gradients.

        Raises PerceptionError for an input of another shape and for features that are not finite.
        """
        if not batch:
            return []
        check_prepared(batch, self._preprocessor.image_size)
        device = self.module.embeddings.class_embedding.device
        with torch.inference_mode():
            features = self.features(torch.stack(list(batch)).to(device))
        # Copies: a view would keep the whole batch alive in a cache, and a tensor made in
        # inference mode could not be the input of a projector in training.
        return check_features([item.clone() for item in features])

    def save(self, folder: Path) -> None:
        """Write the whole tower, its configuration and its preprocessing."""
        folder.mkdir(parents=True, exist_ok=True)
        config = self.module.config.to_dict() | {"architectures": ["CLIPVisionModel"]}
        write_json(folder / "config.json", config)
        write_json(folder / "preprocessor_config.json", self._preprocessor.to_dict())
        save_weights(self.module.state_dict(), folder / SAFE)


def check_prepared(batch: Sequence[Tensor], size: int) -> None:
    """PerceptionError unless every item is a prepared picture [3, S, S]."""
    for item in batch:
        if tuple(item.shape) != (3, size, size):
            raise PerceptionError(
                f"CLIP expects prepared pictures of the shape {[3, size, size]}, "
                f"not {list(item.shape)}."
            )


def check_features(features: list[Tensor]) -> list[Tensor]:
    """The same features; PerceptionError where some are not finite."""
    for number, item in enumerate(features, start=1):
        if not torch.isfinite(item).all():
            raise PerceptionError(
                f"CLIP returned features that are not finite for picture {number} "
                f"of {len(features)}.",
                hint="Check the weights; with float16 try dtype: float32.",
            )
    return features


def build(options: ClipOptions, device: str) -> ClipEncoder:
    """The encoder with its weights on `device`; CheckpointError says what is wrong with them."""
    checkpoint = Checkpoint(options)
    config = read_config(checkpoint)
    depth(config, options.layer)
    preprocessor = read_preprocessor(checkpoint, config.image_size, options.fit)
    if options.random_seed is None and device != "meta":
        files = checkpoint.weights()
        content = weights_fingerprint(files, vision_name)
        module = _empty(config, options, device)
        load_weights(module, files, vision_name, kind="CLIP")
    else:
        content = f"random {options.random_seed}"
        module = seeded(lambda: CLIPVisionModel(config), options.random_seed or 0, device)
    module = module.to(dtype=choose_dtype(options.dtype, device)).eval()
    fingerprint = fingerprint_of(options, config, preprocessor, content)
    return ClipEncoder(module, preprocessor, options, fingerprint)


def _empty(config: CLIPVisionConfig, options: ClipOptions, device: str) -> CLIPVisionModel:
    """The tower with memory but no values: `load_weights` fills every parameter or raises."""
    with torch.device("meta"):
        module = CLIPVisionModel(config)
    module = module.to(choose_dtype(options.dtype, device)).to_empty(device=device)
    embeddings = module.embeddings
    positions = torch.arange(embeddings.num_positions, device=device)
    embeddings.register_buffer("position_ids", positions[None], persistent=False)
    return module


def fingerprint_of(
    options: ClipOptions, config: CLIPVisionConfig, preprocessor: Preprocessor, content: str
) -> str:
    """All that decides the features, the type of the numbers left out; equal after `save`."""
    tower = {name: getattr(config, name) for name in _DECISIVE}
    settings = [options.cls, options.fit, depth(config, options.layer), preprocessor.to_dict()]
    return combine("clip", json.dumps([tower, settings], sort_keys=True), content)
