"""The graph of a Phi decoder: embeddings and a KV cache in, logits and the same KV cache out.

One layer computes `x + dense(attention(h)) + fc2(gelu(fc1(h)))` with `h = norm(x)`: attention and
MLP read the same `h` side by side. ONNX Runtime's fused operators do the work (domain
com.microsoft): MatMulNBits with bias; GroupQueryAttention, which turns queries and keys and
writes into the KV buffers in place where input and output are bound to the same memory; and
SkipLayerNormalization, which adds the residual on the way.

Attention runs in the type of the rotary tables. In float16, queries, keys and values are rounded
before it, the KV cache holds them so, in half of the memory, and what comes out is made float32
again, which everything else is.

Legend: T new positions, N of them with logits, C positions the buffers hold, H key-value heads,
h head width, D width, V vocabulary.

    inputs    embeddings [1, T, D]; first_row [1], the first of the T whose logits are wanted;
              last_index [1] int32 and total [] int32: positions after this call, less one, and all;
              past.L.key, past.L.value [1, H, C, h], float16 or float32
    outputs   logits [1, N, V]; present.L.key, present.L.value [1, H, C, h], float16 or float32
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto, helper
from sensorium.onnx_runtime import make_model

from .linears import Linears
from .nodes import TYPES, Nodes

_TO_THE_END = (1 << 62) - 1


@dataclass(frozen=True, slots=True)
class PhiShape:
    """What the graph depends on besides its weights."""

    layers: int
    width: int
    vocabulary: int
    heads: int
    key_value_heads: int
    epsilon: float

    @property
    def head_width(self) -> int:
        """Channels of one head."""
        return self.width // self.heads


class PhiGraph:
    """Builds the graph node by node; `rotary` are the names of cosines and sines in `nodes`."""

    def __init__(
        self, shape: PhiShape, nodes: Nodes, linears: Linears, rotary: list[str], attention: str
    ) -> None:
        self.shape = shape
        self._nodes = nodes
        self._linears = linears
        self._rotary = rotary
        self._attention = TYPES[attention]

    def build(self) -> ModelProto:
        """The whole model; its weights are references into the file."""
        nodes = self._nodes
        residual = "embeddings"
        normed = nodes.add(
            "LayerNormalization",
            [residual, *self._linears.norm("layers.0.norm")],
            "layers.0.h",
            epsilon=self.shape.epsilon,
        )
        for layer in range(self.shape.layers):
            last = layer + 1 == self.shape.layers
            following = "norm" if last else f"layers.{layer + 1}.norm"
            added = self._layer(layer, normed)
            normed, residual = self._add_and_norm(added, residual, following)
        bounds = [
            nodes.constant(name, np.array([value], np.int64))
            for name, value in (("end", _TO_THE_END), ("axis", 1))
        ]
        rows = nodes.add("Slice", [normed, "first_row", *bounds], "rows")
        self._linears.linear("head", rows, output="logits")
        return make_model(
            helper.make_graph(
                nodes.nodes, "phi", self._inputs(), self._outputs(), nodes.initializers
            )
        )

    def _layer(self, layer: int, normed: str) -> str:
        """Attention and MLP of one layer, added up."""
        name, nodes, linear = f"layers.{layer}", self._nodes, self._linears.linear
        packed = self._cast(linear(f"{name}.qkv", normed), self._attention)
        attended = nodes.add(
            "GroupQueryAttention",
            [
                *(packed, "", ""),
                *(f"past.{layer}.key", f"past.{layer}.value"),
                *("last_index", "total"),
                *self._rotary,
            ],
            [f"{name}.attended", f"present.{layer}.key", f"present.{layer}.value"],
            fused=True,
            num_heads=self.shape.heads,
            kv_num_heads=self.shape.key_value_heads,
            do_rotary=1,
        )
        attention = linear(f"{name}.dense", self._cast(attended, TensorProto.FLOAT))
        inner = nodes.add("FastGelu", [linear(f"{name}.fc1", normed)], f"{name}.gelu", fused=True)
        return nodes.add("Add", [attention, linear(f"{name}.fc2", inner)], f"{name}.added")

    def _add_and_norm(self, added: str, residual: str, norm: str) -> tuple[str, str]:
        """(the norm of the sum, the sum)."""
        normed, summed = f"{norm}.h", f"{norm}.residual"
        self._nodes.add(
            "SkipLayerNormalization",
            [added, residual, *self._linears.norm(norm)],
            [normed, "", "", summed],
            fused=True,
            epsilon=self.shape.epsilon,
        )
        return normed, summed

    def _cast(self, source: str, to: int) -> str:
        """Between attention and the rest; nothing where both are float32."""
        return source if self._attention == TensorProto.FLOAT else self._nodes.cast(source, to)

    def _inputs(self) -> list[Any]:
        describe = helper.make_tensor_value_info
        return [
            describe("embeddings", TensorProto.FLOAT, [1, "positions", self.shape.width]),
            describe("first_row", TensorProto.INT64, [1]),
            describe("last_index", TensorProto.INT32, [1]),
            describe("total", TensorProto.INT32, []),
            *self._caches("past"),
        ]

    def _outputs(self) -> list[Any]:
        shape = [1, "rows", self.shape.vocabulary]
        return [
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, shape),
            *self._caches("present"),
        ]

    def _caches(self, when: str) -> Iterator[Any]:
        shape = [1, self.shape.key_value_heads, "capacity", self.shape.head_width]
        for layer in range(self.shape.layers):
            for part in ("key", "value"):
                name = f"{when}.{layer}.{part}"
                yield helper.make_tensor_value_info(name, self._attention, shape)
