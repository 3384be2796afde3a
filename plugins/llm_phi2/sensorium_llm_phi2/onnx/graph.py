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

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from onnx import ModelProto, TensorProto, helper
from sensorium.onnx_runtime import FUSED, make_model

_TO_THE_END = (1 << 62) - 1

_TYPES = {
    "F32": TensorProto.FLOAT,
    "F16": TensorProto.FLOAT16,
    "U8": TensorProto.UINT8,
    "I64": TensorProto.INT64,
}


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


@dataclass(frozen=True, slots=True)
class Stored:
    """A tensor in the weights file: safetensors' name of its type, and where its bytes are."""

    dtype: str
    shape: tuple[int, ...]
    offset: int
    length: int


class PhiGraph:
    """Builds the graph node by node; `blocks` gives (bits, inputs of a block) of every layer."""

    def __init__(
        self,
        shape: PhiShape,
        weights: Mapping[str, Stored],
        blocks: Mapping[str, tuple[int, int]],
        file_name: str,
        accuracy_level: int,
    ) -> None:
        self.shape = shape
        self._weights = weights
        self._blocks = blocks
        self._file_name = file_name
        self._accuracy_level = accuracy_level
        self._attention = _TYPES[weights["rotary.cos"].dtype]
        self._nodes: list[Any] = []
        self._initializers: dict[str, TensorProto] = {}

    def build(self) -> ModelProto:
        """The whole model; its weights are references into the file."""
        residual = "embeddings"
        normed = self._node(
            "LayerNormalization",
            [residual, *self._norm("layers.0.norm")],
            "layers.0.h",
            epsilon=self.shape.epsilon,
            domain="",
        )
        for layer in range(self.shape.layers):
            last = layer + 1 == self.shape.layers
            following = "norm" if last else f"layers.{layer + 1}.norm"
            added = self._layer(f"layers.{layer}", normed)
            normed, residual = self._add_and_norm(added, residual, following)
        rows = self._node(
            "Slice",
            [normed, "first_row", self._constant("end", _TO_THE_END), self._constant("axis", 1)],
            "rows",
            domain="",
        )
        self._linear("head", rows, output="logits")
        graph = helper.make_graph(
            self._nodes, "phi", self._inputs(), self._outputs(), [*self._initializers.values()]
        )
        return make_model(graph)

    def _layer(self, name: str, normed: str) -> str:
        """Attention and MLP of one layer, added up."""
        index = name.removeprefix("layers.")
        packed = self._cast(self._linear(f"{name}.qkv", normed), self._attention)
        attended = f"{name}.attended"
        self._nodes.append(
            helper.make_node(
                "GroupQueryAttention",
                [
                    *(packed, "", ""),
                    *(f"past.{index}.key", f"past.{index}.value"),
                    *("last_index", "total"),
                    *(self._weight("rotary.cos"), self._weight("rotary.sin")),
                ],
                [attended, f"present.{index}.key", f"present.{index}.value"],
                domain=FUSED,
                num_heads=self.shape.heads,
                kv_num_heads=self.shape.key_value_heads,
                do_rotary=1,
            )
        )
        attention = self._linear(f"{name}.dense", self._cast(attended, TensorProto.FLOAT))
        inner = self._linear(f"{name}.fc1", normed)
        mlp = self._linear(f"{name}.fc2", self._node("FastGelu", [inner], f"{name}.gelu"))
        return self._node("Add", [attention, mlp], f"{name}.added", domain="")

    def _add_and_norm(self, added: str, residual: str, norm: str) -> tuple[str, str]:
        """(the norm of the sum, the sum)."""
        normed, summed = f"{norm}.h", f"{norm}.residual"
        self._nodes.append(
            helper.make_node(
                "SkipLayerNormalization",
                [added, residual, *self._norm(norm)],
                [normed, "", "", summed],
                domain=FUSED,
                epsilon=self.shape.epsilon,
            )
        )
        return normed, summed

    def _linear(self, name: str, source: str, output: str | None = None) -> str:
        """A layer of integers, its inputs reordered first where act-order asks for it."""
        bits, block = self._blocks[name]
        outputs, count = self._weights[f"{name}.scales"].shape
        if f"{name}.order" in self._weights:
            order = self._weight(f"{name}.order")
            source = self._node("Gather", [source, order], f"{name}.sorted", axis=2, domain="")
        parts = (self._weight(f"{name}.{part}") for part in ("weight", "scales", "zeros"))
        return self._node(
            "MatMulNBits",
            [source, *parts, "", self._weight(f"{name}.bias")],
            output or f"{name}.out",
            bits=bits,
            block_size=block,
            K=count * block,
            N=outputs,
            accuracy_level=self._accuracy_level,
        )

    def _norm(self, name: str) -> tuple[str, str]:
        return self._weight(f"{name}.weight"), self._weight(f"{name}.bias")

    def _cast(self, source: str, to: int) -> str:
        """Between attention and the rest; nothing where both are float32."""
        if self._attention == TensorProto.FLOAT:
            return source
        return self._node("Cast", [source], f"{source}.cast", to=to, domain="")

    def _node(
        self, operator: str, inputs: list[str], output: str, *, domain: str = FUSED, **more: Any
    ) -> str:
        node = helper.make_node(operator, inputs, [output], domain=domain, **more)
        self._nodes.append(node)
        return output

    def _constant(self, name: str, value: int) -> str:
        self._initializers[name] = helper.make_tensor(name, TensorProto.INT64, [1], [value])
        return name

    def _weight(self, name: str) -> str:
        """A tensor that stays in the weights file."""
        stored = self._weights[name]
        tensor = TensorProto(
            name=name,
            data_type=_TYPES[stored.dtype],
            dims=stored.shape,
            data_location=TensorProto.EXTERNAL,
        )
        place = {"location": self._file_name, "offset": stored.offset, "length": stored.length}
        for key, value in place.items():
            tensor.external_data.add(key=key, value=str(value))
        self._initializers[name] = tensor
        return name

    def _inputs(self) -> list[Any]:
        integers = helper.make_tensor_value_info
        return [
            helper.make_tensor_value_info(
                "embeddings", TensorProto.FLOAT, [1, "positions", self.shape.width]
            ),
            integers("first_row", TensorProto.INT64, [1]),
            integers("last_index", TensorProto.INT32, [1]),
            integers("total", TensorProto.INT32, []),
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
