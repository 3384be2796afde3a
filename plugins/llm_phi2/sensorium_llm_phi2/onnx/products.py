"""Some layers of a converted model, read as a session reads, for the probe to time.

Whole layers, and not their matrices alone: attention, norms and activations take their time too.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import save_file
from sensorium.footprint import pairs
from sensorium.onnx_runtime import open_graph, require_onnx, require_onnx_runtime

from sensorium_llm_phi2.checkpoint import WEIGHTS

from .checkpoint import GRAPH
from .convert import ACCURACY_LEVEL, write_graph, write_plain_graph
from .model import OnnxPhiLanguageModel
from .nodes import Stored
from .places import is_plain

_POSITIONS = 64
"""Of a short conversation, the new ones included."""
_VOCABULARY = 8
"""Of the head, which is not what is timed here."""
_SCALE = 0.001


class LayerProducts:
    """The first layers of a model with other weights, as many as fill `size` bytes."""

    def __init__(self, config: Any, stored: Mapping[str, Stored], size: int) -> None:
        require_onnx_runtime()
        require_onnx("Probing ONNX Runtime")
        plain = is_plain(stored)
        first = "model.layers.0." if plain else "layers.0."
        of_one = {name: place for name, place in stored.items() if name.startswith(first)}
        held = sum(4 * prod(p.shape) if plain else p.length for p in of_one.values())
        layers = pairs(size, held, config.num_hidden_layers)
        changed: dict[str, Any] = {"num_hidden_layers": layers, "vocab_size": _VOCABULARY}
        changed |= dict.fromkeys(("bos_token_id", "eos_token_id", "pad_token_id"))
        few = type(config).from_dict(config.to_dict() | changed)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            there = [first.replace("0", str(number)) for number in range(layers)]
            save_file(dict(_weights(config, stored, there)), folder / WEIGHTS)
            if plain:
                write_plain_graph(few, folder)
            else:
                write_graph(few, dict(_blocks(config, stored)), folder, ACCURACY_LEVEL)
            model = OnnxPhiLanguageModel(
                open_graph(folder / GRAPH), torch.empty(0), few, folder, fingerprint=""
            )
        self._rows = torch.ones(min(_POSITIONS, model.context_length), config.hidden_size)
        self._session = model.open_session()
        self._session.append(self._rows)
        marked = ("proj.weight", "dense.weight", "fc1.weight", "fc2.weight", ".scales")
        self.flops = layers * sum(
            2 * place.shape[0] * _inputs(config, name)
            for name, place in of_one.items()
            if name.endswith(marked) and len(place.shape) == 2
        )

    def multiply(self, rows: int) -> None:
        """[rows, width] through every layer, the last of a short conversation."""
        self._session.truncate(len(self._rows) - rows)
        self._session.append(self._rows[:rows])


def _weights(
    config: Any, stored: Mapping[str, Stored], layers: list[str]
) -> Iterator[tuple[str, np.ndarray]]:
    """Other integers in every matrix: of equal ones the runtime keeps one, which a cache holds."""
    random = np.random.default_rng(0)
    for name, place in stored.items():
        shape = place.shape
        if name.startswith("embedding.") or (
            name.startswith(("layers.", "model.layers.")) and not name.startswith(tuple(layers))
        ):
            continue
        ends = ("head.", "lm_head.", "model.embed_tokens.")
        if name.startswith(ends) and shape[0] == config.vocab_size:  # not the order of inputs
            shape = (_VOCABULARY, *shape[1:])
        if place.dtype == "U8":
            yield name, np.frombuffer(random.bytes(prod(shape)), np.uint8).reshape(shape)
        elif place.dtype == "I64":  # an order of inputs
            yield name, np.arange(shape[0])
        elif name.startswith(("model.", "lm_head.")):
            yield name, random.standard_normal(shape, np.float32) * _SCALE
        else:
            yield name, np.full(shape, _SCALE, np.float16 if place.dtype == "F16" else np.float32)


def _blocks(config: Any, stored: Mapping[str, Stored]) -> Iterator[tuple[str, tuple[int, int]]]:
    """Every layer of integers: its bits, and the inputs of a block."""
    for name, place in stored.items():
        layer, _, part = name.rpartition(".")
        if part == "weight" and len(place.shape) == 3:
            _, count, size = place.shape
            block = _inputs(config, name) // count
            yield layer, (8 * size // block, block)


def _inputs(config: Any, name: str) -> int:
    return int(config.intermediate_size if ".fc2." in name else config.hidden_size)
