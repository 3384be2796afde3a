"""Collects the nodes of a graph, and tensors that stay in a safetensors file beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper
from sensorium.onnx_runtime import FUSED

TYPES = {
    "F32": TensorProto.FLOAT,
    "F16": TensorProto.FLOAT16,
    "BF16": TensorProto.BFLOAT16,
    "U8": TensorProto.UINT8,
    "I64": TensorProto.INT64,
}
"""safetensors' name of a type → ONNX's."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A tensor in a weights file: safetensors' name of its type, and where its bytes are."""

    dtype: str
    shape: tuple[int, ...]
    offset: int
    length: int


class Nodes:
    """What a graph is made of; `weights` are the tensors of the file `file_name` beside it."""

    def __init__(self, weights: Mapping[str, Stored], file_name: str) -> None:
        self.weights = weights
        self.nodes: list[Any] = []
        self._file_name = file_name
        self._initializers: dict[str, TensorProto] = {}

    @property
    def initializers(self) -> list[TensorProto]:
        """The constants, and references to the tensors that were asked for."""
        return [*self._initializers.values()]

    def add(
        self,
        operator: str,
        inputs: list[str],
        output: str | list[str],
        *,
        fused: bool = False,
        **settings: Any,
    ) -> str:
        """One node; `fused` for ONNX Runtime's own operators. → the name of its first output."""
        outputs = [output] if isinstance(output, str) else output
        domain = FUSED if fused else ""
        self.nodes.append(helper.make_node(operator, inputs, outputs, domain=domain, **settings))
        return outputs[0]

    def constant(self, name: str, value: np.ndarray) -> str:
        """An array inside of the graph's own file."""
        self._initializers[name] = numpy_helper.from_array(value, name)
        return name

    def stored(self, name: str) -> str:
        """A tensor that stays in the weights file."""
        if name not in self._initializers:
            place = self.weights[name]
            tensor = TensorProto(
                name=name,
                data_type=TYPES[place.dtype],
                dims=place.shape,
                data_location=TensorProto.EXTERNAL,
            )
            where = {"location": self._file_name, "offset": place.offset, "length": place.length}
            for key, value in where.items():
                tensor.external_data.add(key=key, value=str(value))
            self._initializers[name] = tensor
        return name

    def cast(self, source: str, to: int) -> str:
        """In another type."""
        return self.add("Cast", [source], f"{source}.cast", to=to)
