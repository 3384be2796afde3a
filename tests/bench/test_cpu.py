"""The measurements of bench/cpu.py run, on a shape of nothing."""

from __future__ import annotations

import json

import pytest

from bench import cpu_tables


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


def test_the_table_has_a_row_for_every_length() -> None:
    pytest.importorskip("onnxruntime")
    ours, theirs = (
        {"decode_tokens_per_second": {64: speed, 1500: 2.0}, "prefill_tokens_per_second": 9.0}
        for speed in (3.0, 2.5)
    )
    report = {
        "threads": 2,
        "prefill_positions": 600,
        "onnxruntime": ours,
        "llama.cpp": theirs,
        "ours_to_llama": {"decode": {64: 1.2, 1500: 1.0}, "prefill": 1.0},
        "bandwidth_gb_per_second": 19.4,
        "share_of_the_bound": 0.873,
    }
    lines = cpu_tables.speed(report).splitlines()
    assert lines[2:5] == [
        "| written, 64 positions held | 3.0 | 2.5 | 1.20 |",
        "| written, 1,500 positions held | 2.0 | 2.0 | 1.00 |",
        "| read, 600 positions | 9.0 | 9.0 | 1.00 |",
    ]
    assert "at 19 GB a second, and what a token needs at 87 % of that" in lines[-1]
