"""The measurements of bench/speculation.py run, on a shape of nothing."""

from __future__ import annotations

import json

import pytest

from bench import cpu_tables


def test_it_measures_answers_that_quote_and_answers_that_do_not(bench):
    pytest.importorskip("onnx")
    report = json.loads(bench("speculation", "--threads", "1").stdout)
    for kind in ("quotes", "quotes_nothing"):
        assert report[kind]["times_as_fast"] > 0
        assert report[kind]["calls_by_positions"]["1"] > 0
    assert len(report["quotes"]["calls_by_positions"]) > 1
    *_, quotes, nothing, _, _ = cpu_tables.speculation(report).splitlines()
    assert quotes.endswith(f"| {report['quotes']['times_as_fast']} |")
    assert nothing.endswith(f"| {report['quotes_nothing']['times_as_fast']} |")
