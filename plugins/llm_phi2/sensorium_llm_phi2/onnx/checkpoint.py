"""A folder that `convert` wrote: its files, and whether they fit each other; imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sensorium.checkpoint import read_header
from sensorium.contracts import LanguageModelShape
from sensorium.errors import CheckpointError, ConfigError

from sensorium_llm_phi2.architecture import Architecture, read_architecture
from sensorium_llm_phi2.checkpoint import (
    WEIGHTS,
    config_path,
    local_folder,
    read_config,
)
from sensorium_llm_phi2.fitting import check_tokenizer, check_weights
from sensorium_llm_phi2.options import Phi2Options

GRAPH = "decoder.onnx"
EMBEDDING = "sensorium.embedding"
"""Metadata of the graph: the name of the table of token embeddings in the weights file."""

_OF_TORCH = ("dtype", "quantization", "adapter", "random_seed")


def inspect(options: Phi2Options) -> LanguageModelShape:
    """Width, vocabulary and context window; what `build` would refuse is refused here.

    But for a checkpoint that is not converted yet: `sensorium convert` takes recipes for it.
    """
    refuse_options_of_torch(options)
    path = config_path(options)
    raw = read_config(path)
    architecture = read_architecture(raw, str(path))
    folder = local_folder(options)
    if folder and (folder / GRAPH).is_file():
        check_converted(architecture, raw, folder)
    return architecture.shape


def check_converted(architecture: Architecture, raw: Mapping[str, Any], folder: Path) -> None:
    """CheckpointError where `folder` was not converted, or its files are not of one model."""
    for name in (GRAPH, WEIGHTS):
        if not (folder / name).is_file():
            raise CheckpointError(
                f"The folder has no {name}: it was not made for backend: onnx",
                where=str(folder),
                hint="Make a bundle of it: sensorium convert --help",
            )
    check_tokenizer(architecture.vocabulary, folder)
    held = read_header(folder / WEIGHTS, where=str(folder)).shapes
    if "rotary.cos" not in held:  # a checkpoint's own weights
        check_weights(architecture, raw, folder, [folder / WEIGHTS])
        return
    needed = {
        "embedding.weight": [architecture.vocabulary, architecture.width],
        "head.bias": [architecture.vocabulary],
        "norm.weight": [architecture.width],
    }
    for number in range(architecture.layers):
        needed[f"layers.{number}.fc1.bias"] = [architecture.inner]
    for name, shape in needed.items():
        if held.get(name) != shape:
            raise CheckpointError(
                f"{WEIGHTS} does not fit config.json: {name} is {held.get(name, 'not there')}, "
                f"not {shape}",
                where=str(folder),
                hint="Convert the checkpoint again: sensorium convert --help",
            )


def refuse_options_of_torch(options: Phi2Options) -> None:
    """ConfigError for what cannot be chosen any more."""
    defaults = {name: field.default for name, field in Phi2Options.model_fields.items()}
    for name in _OF_TORCH:
        if getattr(options, name) != defaults[name]:
            raise ConfigError(
                "backend: onnx runs the weights as they were converted",
                where=name,
                hint="Leave it out, or use backend: torch.",
            )
