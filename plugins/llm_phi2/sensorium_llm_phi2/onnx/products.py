"""Matrix products as the graph of a converted model computes them, for the probe to time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sensorium.errors import MissingPackageError
from sensorium.footprint import pairs
from sensorium.onnx_runtime import FUSED, PROVIDERS, make_model, session_settings

from .convert import ACCURACY_LEVEL

_SCALE = 0.001


@dataclass(frozen=True, slots=True)
class Blocks:
    """How the integers of the layers are stored: `bits` each, a scale for every `block`."""

    width: int
    inner: int
    layers: int
    bits: int
    block: int


class OnnxProducts:
    """MatMulNBits over pairs of matrices width → inner → width, at most one for each layer."""

    def __init__(self, blocks: Blocks, size: int) -> None:
        count = pairs(size, blocks.width * blocks.inner * blocks.bits // 4, blocks.layers)
        try:
            import onnxruntime

            graph = _graph(blocks, count)
        except ImportError as error:
            raise MissingPackageError("onnx", "Probing ONNX Runtime", extra="onnx") from error
        self._session = onnxruntime.InferenceSession(
            graph.SerializeToString(), session_settings(), providers=PROVIDERS
        )
        self._row = np.ones((1, blocks.width), np.float32)
        self.flops = 4 * blocks.width * blocks.inner * count

    def multiply(self, rows: int) -> None:
        """[rows, width] through every pair."""
        self._session.run(None, {"rows": self._row.repeat(rows, axis=0)})


def _graph(blocks: Blocks, count: int) -> Any:
    from onnx import TensorProto, helper, numpy_helper

    nodes, weights = [], []
    source = "rows"
    for number in range(2 * count):
        inputs, outputs = (blocks.width, blocks.inner)[:: -1 if number % 2 else 1]
        held = {
            f"{number}.weight": _integers(outputs, inputs // blocks.block, blocks, number),
            f"{number}.scales": np.full((outputs, inputs // blocks.block), _SCALE, np.float32),
        }
        weights += [numpy_helper.from_array(array, name) for name, array in held.items()]
        target = f"{number}.out"
        nodes.append(
            helper.make_node(
                "MatMulNBits",
                [source, *held],
                [target],
                domain=FUSED,
                bits=blocks.bits,
                block_size=blocks.block,
                K=inputs,
                N=outputs,
                accuracy_level=ACCURACY_LEVEL,
            )
        )
        source = target
    shape = ["count", blocks.width]
    made = [helper.make_tensor_value_info(source, TensorProto.FLOAT, shape)]
    taken = [helper.make_tensor_value_info("rows", TensorProto.FLOAT, shape)]
    return make_model(helper.make_graph(nodes, "products", taken, made, weights))


def _integers(outputs: int, count: int, blocks: Blocks, number: int) -> np.ndarray:
    """Others for every matrix: of equal ones the runtime keeps one, and the caches hold it."""
    size = blocks.block * blocks.bits // 8
    return np.random.default_rng(number).integers(0, 256, (outputs, count, size), np.uint8)
