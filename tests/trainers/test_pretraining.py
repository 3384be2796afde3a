"""From scratch, `sensorium train pretrain` learns what a plain PyTorch loop learns (bench/)."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bench(monkeypatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("pretraining", ROOT / "bench/pretraining.py")
    if spec is None or spec.loader is None:
        raise ImportError("bench/pretraining.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "pretraining", module)  # where its dataclass looks for itself
    spec.loader.exec_module(module)
    return module


def test_as_good_as_a_plain_loop(bench, tmp_path):
    setting = bench.Setting(steps=80, batch_size=8, stories=400, width=32, layers=2)
    found = bench.compare(setting, tmp_path)
    assert found["reference"] < 0.5 * found["before"]
    assert abs(found["ratio"] - 1) < 0.05
