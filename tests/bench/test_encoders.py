"""bench/encoders.py on shapes of nothing; and what it says of features that differ."""

from __future__ import annotations

import numpy as np
import pytest

from bench.encoders import RUNTIMES, TOWERS, cosine

from .conftest import Bench


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_tower_runs_on_every_runtime(bench: Bench) -> None:
    for package in ("onnx", "onnxruntime"):
        pytest.importorskip(package)
    lines = bench("encoders", "--threads", "1", "--rounds", "1").stdout.splitlines()
    rows = [[part.strip() for part in line.strip("|").split("|")] for line in lines[2:-2]]
    towers = [(title, runtime) for title in TOWERS.values() for runtime in RUNTIMES]
    assert [tuple(row[:2]) for row in rows] == towers
    for _, runtime, seconds, ratio, likeness, difference, memory in rows:
        assert float(seconds) > 0
        assert float(ratio) > 0
        assert 0 < float(memory.removesuffix(" GB")) < 1
        if runtime == "torch, float32":
            assert (float(ratio), likeness, difference) == (1, "", "")
        else:
            exact = runtime.endswith("float32")
            assert (float(likeness) > 0.99999) is exact
            assert float(likeness) > 0.99
            assert (float(difference) < 1e-3) is exact


def test_likeness_is_that_of_the_worst_position() -> None:
    features = np.array([[[1.0, 0.0], [0.0, 2.0]]])
    assert cosine(features, 3 * features) == pytest.approx(1)
    turned = np.array([[[1.0, 0.0], [1.0, 1.0]]])
    assert cosine(features, turned) == pytest.approx(0.5**0.5)
