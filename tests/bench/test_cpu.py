"""The measurements of bench/cpu.py run, on a shape of nothing."""

from __future__ import annotations

import json

import pytest


def test_it_measures_and_says_what_was_left_out(bench):
    pytest.importorskip("onnx")
    done = bench("cpu", "--threads", "1")
    assert "llama.cpp is left out" in done.stderr
    report = json.loads(done.stdout)
    ours = report["onnxruntime"]
    assert ours["prefill_tokens_per_second"] > 0
    assert set(ours["decode_tokens_per_second"]) == {"16", "48"}
    assert set(ours["milliseconds_of_positions_at_once"]) == {"1", "4"}
    assert report["share_of_the_bound"] > 0
    assert report["bandwidth_gb_per_second"] > 0
