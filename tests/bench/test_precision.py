"""bench/precision.py with one small step of each."""

from __future__ import annotations

import pytest

from bench.precision import CASES, SETTINGS

from .conftest import Bench


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_case_is_stepped_in_every_setting(bench: Bench) -> None:
    lines = bench("precision", "--threads", "1", "--rounds", "1").stdout.splitlines()
    rows = [[part.strip() for part in line.strip("|").split("|")] for line in lines[2:-2]]
    assert [row[0] for row in rows] == list(CASES)
    for _, *times, ratio in rows:
        assert len(times) == len(SETTINGS)
        assert all(float(each.removesuffix(" ms").replace(",", "")) > 0 for each in times)
        assert float(ratio) > 0
