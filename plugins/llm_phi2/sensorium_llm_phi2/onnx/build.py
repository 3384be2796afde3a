"""Options → a Phi model on ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from sensorium.errors import CheckpointError
from sensorium.fingerprint import combine, weights_fingerprint
from sensorium.onnx_runtime import open_graph, require_onnx_runtime

from sensorium_llm_phi2.architecture import read_architecture
from sensorium_llm_phi2.checkpoint import CONFIG, WEIGHTS, checkpoint_folder, read_config
from sensorium_llm_phi2.configuration import phi_config
from sensorium_llm_phi2.options import Phi2Options

from .checkpoint import EMBEDDING, GRAPH, check_converted, refuse_options_of_torch
from .model import OnnxPhiLanguageModel


def build(options: Phi2Options, device: str) -> OnnxPhiLanguageModel:
    """The model that the options describe, on as many CPU threads as torch may use."""
    require_onnx_runtime()
    refuse_options_of_torch(options)
    folder = checkpoint_folder(options)
    raw = read_config(folder / CONFIG)
    check_converted(read_architecture(raw, str(folder / CONFIG)), raw, folder)
    session = open_graph(folder / GRAPH)
    table = session.get_modelmeta().custom_metadata_map.get(EMBEDDING, "embedding.weight")
    return OnnxPhiLanguageModel(
        session=session,
        embedding=_embedding(folder, table),
        config=phi_config(raw, folder),
        folder=folder,
        fingerprint=combine("onnx", weights_fingerprint([folder / WEIGHTS])),
    )


def _embedding(folder: Path, name: str) -> torch.Tensor:
    try:
        with safe_open(str(folder / WEIGHTS), framework="pt") as file:
            table: torch.Tensor = file.get_tensor(name)
            return table
    except (SafetensorError, OSError) as error:
        raise CheckpointError("The weights cannot be read", where=str(folder)) from error
