"""The layers of a decoder as nodes: integers of a converted checkpoint, or plain weights.

Both answer to the same roles: `linear` for 'layers.3.qkv', 'layers.3.dense', 'layers.3.fc1',
'layers.3.fc2' and 'head'; `norm` for 'layers.3.norm' and 'norm'.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from onnx import TensorProto

from .nodes import TYPES, Nodes

_PLAIN_NAMES = {"dense": "self_attn.dense", "fc1": "mlp.fc1", "fc2": "mlp.fc2"}


class Linears(Protocol):
    """Puts layers into a graph."""

    def linear(self, name: str, source: str, output: str | None = None) -> str:
        """A linear map of `source` → the name of what comes out."""
        ...

    def norm(self, name: str) -> list[str]:
        """The names of a norm's weight and bias, float32."""
        ...


class IntegerLinears:
    """Layers of integers; `blocks` gives (bits, inputs of a block) of each."""

    def __init__(
        self, nodes: Nodes, blocks: Mapping[str, tuple[int, int]], accuracy_level: int
    ) -> None:
        self._nodes = nodes
        self._blocks = blocks
        self._accuracy_level = accuracy_level

    def linear(self, name: str, source: str, output: str | None = None) -> str:
        """MatMulNBits, its inputs reordered first where act-order asks for it."""
        nodes = self._nodes
        bits, block = self._blocks[name]
        outputs, count = nodes.weights[f"{name}.scales"].shape
        if f"{name}.order" in nodes.weights:
            order = nodes.stored(f"{name}.order")
            source = nodes.add("Gather", [source, order], f"{name}.sorted", axis=2)
        parts = (nodes.stored(f"{name}.{part}") for part in ("weight", "scales", "zeros"))
        return nodes.add(
            "MatMulNBits",
            [source, *parts, "", nodes.stored(f"{name}.bias")],
            output or f"{name}.out",
            fused=True,
            bits=bits,
            block_size=block,
            K=count * block,
            N=outputs,
            accuracy_level=self._accuracy_level,
        )

    def norm(self, name: str) -> list[str]:
        """As they are stored."""
        return [self._nodes.stored(f"{name}.{part}") for part in ("weight", "bias")]


class PlainLinears:
    """Weights of a checkpoint as transformers writes them, which stay in its own file.

    What has to be done to them (float32, queries and keys in the order that ONNX Runtime turns
    them in, side by side, transposed) is written as nodes over constants: the runtime computes it
    once, when it opens the graph. `head` names the matrix of the vocabulary head.
    """

    def __init__(self, nodes: Nodes, head_order: Sequence[int], head: str) -> None:
        self._nodes = nodes
        self._head_order = np.array(head_order, np.int64)
        self._head = head

    def linear(self, name: str, source: str, output: str | None = None) -> str:
        """MatMul and Add."""
        weight, bias = self._weights(name)
        turned = self._nodes.add("Transpose", [weight], f"{name}.transposed", perm=[1, 0])
        product = self._nodes.add("MatMul", [source, turned], f"{name}.product")
        return self._nodes.add("Add", [product, bias], output or f"{name}.out")

    def norm(self, name: str) -> list[str]:
        """In float32."""
        index = name.removeprefix("layers.").removesuffix(".norm")
        there = "final_layernorm" if name == "norm" else f"layers.{index}.input_layernorm"
        return [self._float(f"model.{there}.{part}") for part in ("weight", "bias")]

    def _weights(self, name: str) -> tuple[str, str]:
        """(matrix [N, K], bias [N]) in float32."""
        if name == "head":
            return self._float(self._head), self._float("lm_head.bias")
        _, index, role = name.split(".")
        layer = f"model.layers.{index}"
        if role != "qkv":
            there = f"{layer}.{_PLAIN_NAMES[role]}"
            return self._float(f"{there}.weight"), self._float(f"{there}.bias")
        matrix, bias = (
            self._nodes.add(
                "Concat",
                [self._turned(f"{layer}.self_attn.{p}_proj.{part}", p) for p in "qkv"],
                f"{name}.{part}",
                axis=0,
            )
            for part in ("weight", "bias")
        )
        return matrix, bias

    def _turned(self, name: str, part: str) -> str:
        """Queries and keys with the channels of each head in another order; values as they are."""
        tensor = self._float(name)
        if part == "v":
            return tensor
        heads = self._nodes.weights[name].shape[0] // len(self._head_order)
        rows = np.arange(heads)[:, None] * len(self._head_order) + self._head_order
        order = self._nodes.constant(f"order.{heads}", rows.reshape(-1))
        return self._nodes.add("Gather", [tensor, order], f"{name}.ordered", axis=0)

    def _float(self, name: str) -> str:
        stored = self._nodes.stored(name)
        if TYPES[self._nodes.weights[name].dtype] == TensorProto.FLOAT:
            return stored
        return self._nodes.cast(stored, TensorProto.FLOAT)
