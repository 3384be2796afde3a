"""A layer of the tower as its graph computes it, for the probe to time.

All of it, and not its matrices alone: where the processor has instructions for 8-bit integers,
attention, activations and norms, which stay in float32, take as long as the matrices do.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Literal

import numpy as np
from sensorium.device import seeded
from sensorium.onnx_runtime import open_graph, require_onnx, require_onnx_runtime
from transformers import CLIPVisionConfig, CLIPVisionModel

from .convert import write_rounded


class LayerProducts:
    """One layer with random weights, by which `positions` rows are multiplied at a time."""

    def __init__(
        self,
        config: CLIPVisionConfig,
        quantization: Literal["int8"] | None,
        positions: int,
        size: int,
    ) -> None:
        """Never more than the layer, whatever `size`: many rows wait for arithmetic."""
        require_onnx_runtime()
        require_onnx("Probing ONNX Runtime")
        import onnx

        from .graph import VisionGraph

        one = CLIPVisionConfig.from_dict(config.to_dict() | {"num_hidden_layers": 1})
        tower = seeded(lambda: CLIPVisionModel(one), 0, "cpu")
        graph = VisionGraph(one, tower.state_dict(), depth=1, cls="keep").build_layers()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "layer.onnx")
            if quantization:
                write_rounded(graph, path)
            else:
                onnx.save_model(graph, str(path))
            self._session = open_graph(path)
        width, inner = config.hidden_size, config.intermediate_size
        self._row = np.random.default_rng(0).standard_normal((1, 1, width), np.float32)
        self.flops = 4 * width * (2 * width + inner + positions)

    def multiply(self, rows: int) -> None:
        """[1, rows, width] through the layer."""
        self._session.run(None, {"rows": self._row.repeat(rows, axis=1)})
