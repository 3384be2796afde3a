"""The measurements of bench/speculation.py run, on a shape of nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_it_measures_answers_that_quote_and_answers_that_do_not():
    pytest.importorskip("onnx")
    done = subprocess.run(
        [sys.executable, "-m", "bench.speculation", "--smoke", "--threads", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    report = json.loads(done.stdout)
    for kind in ("quotes", "quotes_nothing"):
        assert report[kind]["times_as_fast"] > 0
        assert report[kind]["calls_by_positions"]["1"] > 0
    assert len(report["quotes"]["calls_by_positions"]) > 1
