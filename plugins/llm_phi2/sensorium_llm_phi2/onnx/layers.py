"""The weights of a checkpoint of integers, by the names and in the form that the graph reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from sensorium.errors import CheckpointError
from torch import Tensor

from sensorium_llm_phi2.formats import quantized_layers
from sensorium_llm_phi2.integers import IntegerFormat, QuantizedLinear
from sensorium_llm_phi2.vocabulary import stored_ends

from .packing import PackedLinear, pack, round_to_bytes
from .rotary import head_order, tables


class Layers:
    """`tensors` is all that the weights file holds, `packed` the layers of integers in it.

    The rotary tables are in the type in which attention runs.
    """

    def __init__(
        self,
        config: Any,
        weights: Mapping[str, Tensor],
        stored: IntegerFormat,
        attention: torch.dtype,
    ) -> None:
        self.tensors: dict[str, Tensor] = {}
        self.packed: dict[str, PackedLinear] = {}
        self._config = config
        self._weights = weights
        self._stored = stored
        quantized_layers(weights)  # refuses what would be passed over
        for index in range(config.num_hidden_layers):
            self._layer(f"model.layers.{index}", f"layers.{index}")
        self._norm("model.final_layernorm", "norm")
        words, head = stored_ends(weights, tied=config.tie_word_embeddings)
        self._head(head)
        self.tensors["embedding.weight"] = self._plain(words)
        for part, table in zip(("cos", "sin"), tables(config), strict=True):
            self.tensors[f"rotary.{part}"] = torch.from_numpy(table).to(attention)

    def _layer(self, there: str, here: str) -> None:
        width, inner = self._config.hidden_size, self._config.intermediate_size
        keys = width // self._config.num_attention_heads * self._config.num_key_value_heads
        order = torch.tensor(head_order(self._config))
        self._norm(f"{there}.input_layernorm", f"{here}.norm")
        queries = in_heads(*self._linear(f"{there}.self_attn.q_proj", (width, width)), order)
        turned = in_heads(*self._linear(f"{there}.self_attn.k_proj", (keys, width)), order)
        values = self._linear(f"{there}.self_attn.v_proj", (keys, width))
        self._put(f"{here}.qkv", *side_by_side(queries, turned, values))
        self._put(f"{here}.dense", *self._linear(f"{there}.self_attn.dense", (width, width)))
        self._put(f"{here}.fc1", *self._linear(f"{there}.mlp.fc1", (inner, width)))
        self._put(f"{here}.fc2", *self._linear(f"{there}.mlp.fc2", (width, inner)))

    def _head(self, head: str) -> None:
        shape = (self._config.vocab_size, self._config.hidden_size)
        if "lm_head.qweight" in self._weights:
            self._put("head", *self._linear("lm_head", shape))
            return
        self._put("head", round_to_bytes(self._plain(head)), self._plain("lm_head.bias"))

    def _linear(self, name: str, shape: tuple[int, int]) -> tuple[QuantizedLinear, Tensor]:
        linear = self._stored.linear(self._weights, name, shape)
        return linear, self._plain(f"{name}.bias")

    def _put(self, name: str, linear: QuantizedLinear, bias: Tensor) -> None:
        packed = self.packed[name] = pack(linear)
        self.tensors |= {
            f"{name}.weight": packed.weight,
            f"{name}.scales": packed.scales,
            f"{name}.zeros": packed.zeros,
            f"{name}.bias": bias.float(),
        }
        if packed.order is not None:
            self.tensors[f"{name}.order"] = packed.order

    def _norm(self, there: str, here: str) -> None:
        for part in ("weight", "bias"):
            self.tensors[f"{here}.{part}"] = self._plain(f"{there}.{part}").float()

    def _plain(self, name: str) -> Tensor:
        if name not in self._weights:
            raise CheckpointError(f"The weights have no {name}")
        return self._weights[name].contiguous()


def in_heads(
    linear: QuantizedLinear, bias: Tensor, order: Tensor
) -> tuple[QuantizedLinear, Tensor]:
    """The outputs of every head in another order."""
    heads = linear.values.shape[1] // len(order)
    rows = (torch.arange(heads)[:, None] * len(order) + order).flatten()
    moved = QuantizedLinear(
        bits=linear.bits,
        values=linear.values[:, rows],
        zeros=linear.zeros[:, rows],
        scales=linear.scales[:, rows],
        groups=linear.groups,
    )
    return moved, bias[rows]


def side_by_side(*parts: tuple[QuantizedLinear, Tensor]) -> tuple[QuantizedLinear, Tensor]:
    """Layers that read the same inputs as one layer; CheckpointError if they group them unlike."""
    linears = [linear for linear, _ in parts]
    first = linears[0]
    if not all(torch.equal(linear.groups, first.groups) for linear in linears):
        raise CheckpointError(
            "Queries, keys and values of a layer put their inputs into different groups",
            hint="Quantize without act-order (desc_act: false).",
        )
    joined = QuantizedLinear(
        bits=first.bits,
        values=torch.cat([linear.values for linear in linears], dim=1),
        zeros=torch.cat([linear.zeros for linear in linears], dim=1),
        scales=torch.cat([linear.scales for linear in linears], dim=1),
        groups=first.groups,
    )
    return joined, torch.cat([bias for _, bias in parts])
