"""A checkpoint of a Phi model → the folder that ONNX Runtime runs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from sensorium_llm_phi2.vocabulary import stored_ends
from sensorium_llm_phi2.weights import StoredWeights

from .checkpoint import EMBEDDING, GRAPH

if TYPE_CHECKING:
    from sensorium_llm_phi2.integers import IntegerFormat

    from .linears import Linears
    from .nodes import Nodes

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
    float32. With `half_attention`, attention and its KV cache are in float16. Weights that are no
    integers stay as they are, and everything is computed in float32. Raises CheckpointError where
    ONNX Runtime's operators cannot compute the model, and where there is an adapter, here or inside
    of the checkpoint.
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
    config = phi_config(raw, checkpoint)
    _refuse_what_no_operator_computes(config, checkpoint)
    folder.mkdir(parents=True, exist_ok=True)
    stored = read_format(raw, checkpoint)
    if stored is None:
        _copy_plain(checkpoint, folder)
        write_plain_graph(config, folder)
    else:
        attention = torch.float16 if half_attention else torch.float32
        _convert_integers(checkpoint, folder, config, stored, attention, accuracy_level)
    plain = {key: value for key, value in raw.items() if key != "quantization_config"}
    write_json(folder / CONFIG, plain)
    if (checkpoint / FILE_NAME).is_file():
        shutil.copyfile(checkpoint / FILE_NAME, folder / FILE_NAME)


def _convert_integers(
    checkpoint: Path,
    folder: Path,
    config: Any,
    stored: IntegerFormat,
    attention: torch.dtype,
    accuracy_level: int,
) -> None:
    """The weights in the order that MatMulNBits reads, and the graph over them."""
    from .layers import Layers

    with StoredWeights(weight_files(checkpoint)) as weights, placed(str(checkpoint)):
        layers = Layers(config, weights, stored, attention)
        save_weights(layers.tensors, folder / WEIGHTS)
    blocks = {name: (linear.bits, linear.block) for name, linear in layers.packed.items()}
    write_graph(config, blocks, folder, accuracy_level)


def _copy_plain(checkpoint: Path, folder: Path) -> None:
    """The weights as they are, in one file."""
    files = weight_files(checkpoint)
    if len(files) == 1:
        shutil.copyfile(files[0], folder / WEIGHTS)
        return
    with StoredWeights(files) as weights:
        save_weights(dict(weights), folder / WEIGHTS)


def write_graph(
    config: Any, blocks: dict[str, tuple[int, int]], folder: Path, accuracy_level: int
) -> None:
    """Write decoder.onnx beside its integers; `blocks` as IntegerLinears takes them."""
    from .linears import IntegerLinears
    from .nodes import Nodes
    from .places import tensor_places

    nodes = Nodes(tensor_places(folder / WEIGHTS), WEIGHTS)
    rotary = [nodes.stored("rotary.cos"), nodes.stored("rotary.sin")]
    linears = IntegerLinears(nodes, blocks, accuracy_level)
    attention = nodes.weights["rotary.cos"].dtype
    _save(config, folder, nodes, linears, rotary, attention, "embedding.weight")


def write_plain_graph(config: Any, folder: Path) -> None:
    """Write decoder.onnx beside a checkpoint's own weights; everything is computed in float32.

    The same file serves torch too: nothing is stored twice.
    """
    from .linears import PlainLinears
    from .nodes import Nodes
    from .places import tensor_places
    from .rotary import head_order, tables

    nodes = Nodes(tensor_places(folder / WEIGHTS), WEIGHTS)
    rotary = [
        nodes.constant(f"rotary.{part}", table)
        for part, table in zip(("cos", "sin"), tables(config), strict=True)
    ]
    embedding, head = stored_ends(nodes.weights, tied=config.tie_word_embeddings)
    linears = PlainLinears(nodes, head_order(config), head)
    _save(config, folder, nodes, linears, rotary, "F32", embedding)


def _save(
    config: Any,
    folder: Path,
    nodes: Nodes,
    linears: Linears,
    rotary: list[str],
    attention: str,
    embedding: str,
) -> None:
    import onnx

    from .graph import PhiGraph, PhiShape

    shape = PhiShape(
        layers=config.num_hidden_layers,
        width=config.hidden_size,
        vocabulary=config.vocab_size,
        heads=config.num_attention_heads,
        key_value_heads=config.num_key_value_heads,
        epsilon=config.layer_norm_eps,
    )
    graph = PhiGraph(shape, nodes, linears, rotary, attention).build()
    onnx.helper.set_model_props(graph, {EMBEDDING: embedding})
    onnx.save_model(graph, str(folder / GRAPH))


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
