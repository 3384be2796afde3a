"""A GPTQ or AWQ checkpoint of a Phi model → the folder that ONNX Runtime runs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import torch
from sensorium.checkpoint import save_weights, write_json
from sensorium.errors import CheckpointError, placed
from sensorium.onnx_runtime import require_onnx
from sensorium.tokenizer import FILE_NAME

from sensorium_llm_phi2.checkpoint import (
    ADAPTER_CONFIG,
    ADAPTER_FOLDER,
    CONFIG,
    WEIGHTS,
    read_config,
    weight_files,
)
from sensorium_llm_phi2.configuration import phi_config
from sensorium_llm_phi2.formats import read_format
from sensorium_llm_phi2.weights import StoredWeights

GRAPH = "decoder.onnx"
ACCURACY_LEVEL = 4

_GELU_BY_TANH = ("gelu_new", "gelu_fast", "gelu_pytorch_tanh")


def convert(
    checkpoint: Path,
    folder: Path,
    *,
    adapter: Path | None = None,
    accuracy_level: int = ACCURACY_LEVEL,
    half_attention: bool = True,
) -> None:
    """Write config.json, model.safetensors, decoder.onnx and tokenizer.json into `folder`.

    `accuracy_level` is ONNX Runtime's: 4 rounds the activations to 8 bits too, 1 computes in
    float32. With `half_attention`, attention and its KV cache are in float16. Raises
    CheckpointError where the checkpoint holds no integers, where ONNX Runtime's operators cannot
    compute it, and where there is an adapter, here or inside of the checkpoint.
    """
    require_onnx("Converting to ONNX")
    raw = read_config(checkpoint / CONFIG)
    if (checkpoint / GRAPH).is_file():
        raise CheckpointError("It is converted already", where=str(checkpoint))
    if adapter is not None or (checkpoint / ADAPTER_FOLDER / ADAPTER_CONFIG).is_file():
        raise CheckpointError(
            "An adapter cannot be added to quantized weights",
            where=str(adapter or checkpoint),
            hint="Quantize the model with its adapter: sensorium quantize merges it first.",
        )
    stored = read_format(raw, checkpoint)
    if stored is None:
        raise CheckpointError(
            "These weights are not quantized with GPTQ or AWQ",
            where=str(checkpoint),
            hint="Quantize them first: sensorium quantize --help",
        )
    config = phi_config(raw, checkpoint)
    _refuse_what_no_operator_computes(config, checkpoint)
    from .layers import Layers

    folder.mkdir(parents=True, exist_ok=True)
    with StoredWeights(weight_files(checkpoint)) as weights, placed(str(checkpoint)):
        attention = torch.float16 if half_attention else torch.float32
        layers = Layers(config, weights, stored, attention)
        save_weights(layers.tensors, folder / WEIGHTS)
    blocks = {name: (linear.bits, linear.block) for name, linear in layers.packed.items()}
    write_graph(config, blocks, folder, accuracy_level)
    plain = {key: value for key, value in raw.items() if key != "quantization_config"}
    write_json(folder / CONFIG, plain)
    if (checkpoint / FILE_NAME).is_file():
        shutil.copyfile(checkpoint / FILE_NAME, folder / FILE_NAME)


def write_graph(
    config: Any, blocks: dict[str, tuple[int, int]], folder: Path, accuracy_level: int
) -> None:
    """Write decoder.onnx beside the weights it refers to; `blocks` as PhiGraph takes them."""
    import onnx

    from .graph import PhiGraph, PhiShape
    from .places import tensor_places

    shape = PhiShape(
        layers=config.num_hidden_layers,
        width=config.hidden_size,
        vocabulary=config.vocab_size,
        heads=config.num_attention_heads,
        key_value_heads=config.num_key_value_heads,
        epsilon=config.layer_norm_eps,
    )
    graph = PhiGraph(shape, tensor_places(folder / WEIGHTS), blocks, WEIGHTS, accuracy_level)
    onnx.save_model(graph.build(), str(folder / GRAPH))


def _refuse_what_no_operator_computes(config: Any, folder: Path) -> None:
    head_width = config.hidden_size // config.num_attention_heads
    rope = config.rope_parameters.get("rope_type", "default")
    complaints = [
        complaint
        for wrong, complaint in (
            (config.qk_layernorm, "queries and keys have a norm of their own"),
            (config.hidden_act not in _GELU_BY_TANH, f"the activation is {config.hidden_act}"),
            (rope != "default", f"positions are scaled ({rope})"),
            (head_width % 8, f"a head has {head_width} channels, no multiple of 8"),
        )
        if wrong
    ]
    if complaints:
        raise CheckpointError(
            f"No ONNX graph can be written for this model: {'; '.join(complaints)}",
            where=str(folder),
            hint="Use backend: torch.",
        )
