"""Graphs that are made here can be opened, and cost no more memory than what they hold."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sensorium.errors import CheckpointError
from sensorium.onnx_runtime import make_model, open_graph

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

OPEN = """
import sys, pathlib, onnxruntime, psutil, torch
from sensorium.onnx_runtime import open_graph
before = psutil.Process().memory_info().rss
session = open_graph(pathlib.Path(sys.argv[1]))
print(psutil.Process().memory_info().rss - before)
"""


def write_graph(path: Path, layers: int, width: int) -> None:
    """Rows through `layers` matrices of `width`."""
    helper, numbers = onnx.helper, np.random.default_rng(0)
    names = ["rows", *(f"row{number}" for number in range(layers))]
    matrices = [
        onnx.numpy_helper.from_array(numbers.random((width, width), np.float32), f"m{number}")
        for number in range(layers)
    ]
    nodes = [
        helper.make_node("MatMul", [names[number], f"m{number}"], [names[number + 1]])
        for number in range(layers)
    ]
    ends = [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["count", width])
        for name in (names[0], names[-1])
    ]
    graph = helper.make_graph(nodes, "matrices", ends[:1], ends[1:], matrices)
    onnx.save_model(make_model(graph), str(path))


def test_what_was_made_can_be_opened(tmp_path: Path) -> None:
    write_graph(tmp_path / "graph.onnx", layers=1, width=8)
    rows = np.ones((2, 8), np.float32)
    (made,) = open_graph(tmp_path / "graph.onnx").run(None, {"rows": rows})
    expected = np.random.default_rng(0).random((8, 8), np.float32).sum(axis=0)
    np.testing.assert_allclose(made, [expected, expected], rtol=1e-5)
    (tmp_path / "torn.onnx").write_bytes(b"torn")
    with pytest.raises(CheckpointError, match="cannot load the graph"):
        open_graph(tmp_path / "torn.onnx")


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc gives memory back when asked")
def test_what_reading_took_is_given_back(tmp_path: Path) -> None:
    write_graph(tmp_path / "graph.onnx", layers=40, width=500)
    command = [sys.executable, "-c", OPEN, str(tmp_path / "graph.onnx")]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    held = 40 * 4 * 500**2
    assert held * 0.9 < int(done.stdout) < held * 1.4
