"""Prepared media → features, with gradients where the encoder learns.

Legend: B items, T positions of one item, D width.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from sensorium.conformance import require_features
from sensorium.contracts import Encoder, TrainableEncoder
from sensorium.errors import PluginError, blamed
from sensorium.perception import Sense
from torch import Tensor, nn

from .objective import variable
from .work import learns


def encoded(
    sense: Sense, inputs: Tensor | Sequence[Tensor], device: torch.device
) -> Tensor | list[Tensor]:
    """One tensor [B, …] → [B, T, D]; items that differ in length → each [T_i, D].

    PerceptionError where the encoder gives something else than it said, PluginError where it fails.
    """
    name = f"The {sense.encoder.modality} encoder"
    with blamed(name, PluginError):
        features = _features(sense.encoder, inputs)
    if not torch.compiler.is_compiling():
        require_features([*features], name, len(inputs), sense.source)
    if not isinstance(inputs, Tensor):
        return [item.to(device) for item in features]
    stacked = features if isinstance(features, Tensor) else torch.stack([*features])
    return stacked.to(device)


def _features(encoder: Encoder, inputs: Tensor | Sequence[Tensor]) -> Any:
    trained = learns(getattr(encoder, "module", nn.Module()))
    if not isinstance(inputs, Tensor):
        return variable(encoder).features_of(inputs) if trained else encoder.encode(inputs)
    if isinstance(encoder, TrainableEncoder):
        with torch.set_grad_enabled(trained and torch.is_grad_enabled()):
            return encoder.features(inputs)
    # One that cannot be trained serves all the same, as it is.
    return encoder.encode(list(inputs))
