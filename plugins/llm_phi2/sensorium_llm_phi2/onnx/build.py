"""Options → a Phi model on ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from sensorium.errors import CheckpointError, ConfigError
from sensorium.fingerprint import combine, weights_fingerprint
from sensorium.onnx_runtime import open_graph, require_onnx_runtime

from sensorium_llm_phi2.checkpoint import CONFIG, WEIGHTS, checkpoint_folder, read_config
from sensorium_llm_phi2.configuration import phi_config
from sensorium_llm_phi2.options import Phi2Options

from .convert import EMBEDDING, GRAPH
from .model import OnnxPhiLanguageModel

_OF_TORCH = ("dtype", "quantization", "adapter", "random_seed")


def build(options: Phi2Options, device: str) -> OnnxPhiLanguageModel:
    """The model that the options describe, on as many CPU threads as torch may use."""
    require_onnx_runtime()
    _refuse_options_of_torch(options)
    folder = checkpoint_folder(options)
    config = phi_config(read_config(folder / CONFIG), folder)
    for name in (GRAPH, WEIGHTS):
        if not (folder / name).is_file():
            raise CheckpointError(
                f"The folder has no {name}: it was not made for backend: onnx",
                where=str(folder),
                hint="Make a bundle of it: sensorium convert --help",
            )
    session = open_graph(folder / GRAPH)
    table = session.get_modelmeta().custom_metadata_map.get(EMBEDDING, "embedding.weight")
    return OnnxPhiLanguageModel(
        session=session,
        embedding=_embedding(folder, table, (config.vocab_size, config.hidden_size)),
        config=config,
        folder=folder,
        fingerprint=combine("onnx", weights_fingerprint([folder / WEIGHTS])),
    )


def _refuse_options_of_torch(options: Phi2Options) -> None:
    defaults = {name: field.default for name, field in Phi2Options.model_fields.items()}
    for name in _OF_TORCH:
        if getattr(options, name) != defaults[name]:
            raise ConfigError(
                "backend: onnx runs the weights as they were converted",
                where=name,
                hint="Leave it out, or use backend: torch.",
            )


def _embedding(folder: Path, name: str, shape: tuple[int, int]) -> torch.Tensor:
    try:
        with safe_open(str(folder / WEIGHTS), framework="pt") as file:
            table: torch.Tensor = file.get_tensor(name)
    except (SafetensorError, OSError) as error:
        raise CheckpointError("The weights cannot be read", where=str(folder)) from error
    if tuple(table.shape) != shape:
        raise CheckpointError(
            f"The embeddings are {tuple(table.shape)}, config.json says {shape}", where=str(folder)
        )
    return table
