"""Which integers a checkpoint holds, and the plain weights that they stand for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from sensorium.errors import CheckpointError
from sensorium.text_files import read_text
from torch import Tensor

from .awq import AwqFormat
from .fitting import QUANTIZATION, Shapes
from .gptq import GptqFormat
from .integers import IntegerFormat, misfit, stored_parts


def read_format(config: Mapping[str, Any], folder: Path) -> IntegerFormat | None:
    """What config.json, or the file beside it, says; None for a checkpoint without integers."""
    settings = config.get("quantization_config")
    if settings is None and (folder / QUANTIZATION).is_file():
        settings = _read_settings(folder / QUANTIZATION)
    if not isinstance(settings, Mapping):
        return None
    method = settings.get("quant_method", "gptq")
    if method == "gptq":
        return GptqFormat.read(settings, folder)
    return AwqFormat.read(settings, folder) if method == "awq" else None


def quantized_layers(weights: Mapping[str, Any]) -> list[str]:
    """The layers that are integers; CheckpointError where there are none, or scales without any.

    AWQ can put scales between two layers, behind an activation, where a Phi model has no place.
    """
    layers = [key.removesuffix(".qweight") for key in weights if key.endswith(".qweight")]
    if not layers:
        raise CheckpointError("config.json says that it is quantized, but no weight is")
    known = set(layers)
    for key in weights:
        if key.endswith(".scales") and key.removesuffix(".scales") not in known:
            raise CheckpointError(f"{key} belongs to no quantized layer")
    return layers


def plain_shapes(held: Shapes, stored: IntegerFormat) -> Shapes:
    """The shapes of what the integers stand for, from those of the stored tensors alone.

    CheckpointError as `dequantized_weights` raises it.
    """
    layers = quantized_layers(held)
    integers = {f"{name}.{suffix}" for name in layers for suffix in stored.suffixes}
    plain = {name: shape for name, shape in held.items() if name not in integers}
    for name in layers:
        parts = dict(zip(stored.suffixes, stored_parts(held, name, stored.suffixes), strict=True))
        if len(parts["qweight"]) != 2 or len(parts["scales"]) != 2:
            raise misfit(name)
        shape = stored.shape(torch.empty(parts["qweight"], device="meta"))
        if parts != stored.layout(shape, parts["scales"][0]):
            raise misfit(name)
        plain[f"{name}.weight"] = shape
    return plain


def dequantized_weights(
    weights: Mapping[str, Tensor], stored: IntegerFormat, dtype: torch.dtype
) -> dict[str, Tensor]:
    """The state dict of a plain model that computes what the integers stand for.

    CheckpointError where there are none, or where they do not fit together.
    """
    layers = quantized_layers(weights)
    integers = {f"{name}.{suffix}" for name in layers for suffix in stored.suffixes}
    plain = {name: weights[name] for name in weights if name not in integers}
    for name in layers:
        shape = stored.shape(weights[f"{name}.qweight"])
        plain[f"{name}.weight"] = stored.linear(weights, name, shape).dequantized().to(dtype)
    return plain


def _read_settings(path: Path) -> Any:
    try:
        return json.loads(read_text(path))
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError("Quantization settings cannot be read", where=str(path)) from error
