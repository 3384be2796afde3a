"""The graph of CLIP's vision tower: one prepared picture in, the features of one layer out.

ONNX Runtime's fused operators (domain com.microsoft) do the work: MultiHeadAttention, which adds
the biases of queries, keys and values, and SkipLayerNormalization, which adds the residual.

Legend: S image size, T positions (with the class token), N of them given back, D width.

    input     pixels [1, 3, S, S]
    output    features [1, N, D]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from onnx import ModelProto, TensorProto, helper, numpy_helper
from sensorium.onnx_runtime import FUSED, make_model
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from transformers import CLIPVisionConfig

ACTIVATIONS: dict[str, tuple[str, dict[str, float]]] = {
    "gelu": ("Gelu", {}),
    "quick_gelu": ("QuickGelu", {"alpha": 1.702}),
}
_TO_THE_END = (1 << 62) - 1
_KEPT = {"drop": (1, _TO_THE_END), "keep": (0, _TO_THE_END), "only": (0, 1)}


class VisionGraph:
    """Builds the graph node by node; `weights` are the tower's, by their names in it."""

    def __init__(
        self, config: CLIPVisionConfig, weights: Mapping[str, Tensor], *, depth: int, cls: str
    ) -> None:
        self._config: Any = config
        self._weights = weights
        self._depth = depth
        self._cls = cls
        self._nodes: list[Any] = []
        self._initializers: dict[str, TensorProto] = {}

    def build(self) -> ModelProto:
        """The whole model, its weights inside."""
        hidden = self._layers(self._norm("pre_layrnorm", self._embeddings()))
        start, end = _KEPT[self._cls]
        bounds = [self._integers(f"slice.{n}", [n]) for n in (start, end, 1)]
        features = self._node("Slice", [hidden, *bounds], "features")
        side = self._config.image_size
        return self._model(("pixels", [1, 3, side, side]), features)

    def build_layers(self) -> ModelProto:
        """Only the layers, for any number of rows: rows [1, T, D] → hidden [1, T, D]."""
        return self._model(("rows", [1, None, self._config.hidden_size]), self._layers("rows"))

    def _model(self, taken: tuple[str, list[int | None]], made: str) -> ModelProto:
        width = self._config.hidden_size
        inputs, outputs = (
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)]
            for name, shape in (taken, (made, [1, None, width]))
        )
        weights = [*self._initializers.values()]
        return make_model(helper.make_graph(self._nodes, "clip", inputs, outputs, weights))

    def _layers(self, residual: str) -> str:
        if self._depth:
            normed = self._norm("encoder.layers.0.layer_norm1", residual)
        for number in range(self._depth):
            name = f"encoder.layers.{number}"
            attended = self._linear(f"{name}.self_attn.out_proj", self._attention(name, normed))
            normed, residual = self._add_and_norm(f"{name}.layer_norm2", attended, residual)
            inner = self._linear(f"{name}.mlp.fc1", normed)
            kind, settings = ACTIVATIONS[self._config.hidden_act]
            active = self._node(kind, [inner], f"{name}.active", domain=FUSED, **settings)
            added = self._linear(f"{name}.mlp.fc2", active)
            if number + 1 < self._depth:
                following = f"encoder.layers.{number + 1}.layer_norm1"
                normed, residual = self._add_and_norm(following, added, residual)
            else:
                residual = self._node("Add", [added, residual], "hidden")
        return residual

    def _embeddings(self) -> str:
        """Patches behind the class token, with their places added."""
        size = [self._config.patch_size] * 2
        patches = self._node(
            "Conv",
            ["pixels", self._weight("embeddings.patch_embedding.weight")],
            "grid",
            kernel_shape=size,
            strides=size,
        )
        flat = self._integers("flat", [1, self._config.hidden_size, -1])
        rows = self._node("Reshape", [patches, flat], "columns")
        rows = self._node("Transpose", [rows], "patches", perm=[0, 2, 1])
        first = self._constant(
            "class", self._weights["embeddings.class_embedding"].reshape(1, 1, -1)
        )
        rows = self._node("Concat", [first, rows], "tokens", axis=1)
        places = self._weight("embeddings.position_embedding.weight")
        return self._node("Add", [rows, places], "placed")

    def _attention(self, name: str, normed: str) -> str:
        parts = ("q_proj", "k_proj", "v_proj")
        inputs = [self._product(f"{name}.self_attn.{part}", normed) for part in parts]
        biases = torch.cat([self._weights[f"{name}.self_attn.{part}.bias"] for part in parts])
        return self._node(
            "MultiHeadAttention",
            [*inputs, self._constant(f"{name}.self_attn.bias", biases)],
            f"{name}.attended",
            domain=FUSED,
            num_heads=self._config.num_attention_heads,
        )

    def _linear(self, name: str, source: str) -> str:
        product = self._product(name, source)
        return self._node("Add", [product, self._weight(f"{name}.bias")], f"{name}.out")

    def _product(self, name: str, source: str) -> str:
        weight = self._constant(f"{name}.weight", self._weights[f"{name}.weight"].T)
        return self._node("MatMul", [source, weight], f"{name}.product")

    def _norm(self, name: str, source: str) -> str:
        return self._node(
            "LayerNormalization",
            [source, self._weight(f"{name}.weight"), self._weight(f"{name}.bias")],
            f"{name}.out",
            epsilon=self._config.layer_norm_eps,
        )

    def _add_and_norm(self, norm: str, added: str, residual: str) -> tuple[str, str]:
        """(the norm of the sum, the sum)."""
        node = helper.make_node(
            "SkipLayerNormalization",
            [added, residual, self._weight(f"{norm}.weight"), self._weight(f"{norm}.bias")],
            [f"{norm}.out", "", "", f"{norm}.sum"],
            domain=FUSED,
            epsilon=self._config.layer_norm_eps,
        )
        self._nodes.append(node)
        return f"{norm}.out", f"{norm}.sum"

    def _node(self, kind: str, inputs: list[str], output: str, **more: Any) -> str:
        self._nodes.append(helper.make_node(kind, inputs, [output], **more))
        return output

    def _weight(self, name: str) -> str:
        return self._constant(name, self._weights[name])

    def _constant(self, name: str, value: Tensor) -> str:
        array = np.ascontiguousarray(value.detach().float().cpu().numpy())
        self._initializers[name] = numpy_helper.from_array(array, name)
        return name

    def _integers(self, name: str, values: list[int]) -> str:
        self._initializers[name] = helper.make_tensor(
            name, TensorProto.INT64, [len(values)], values
        )
        return name
