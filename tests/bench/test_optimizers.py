"""bench/optimizers.py with two steps of each."""

from __future__ import annotations

import pytest

from bench.optimizers import SETTINGS

from .conftest import Bench


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_setting_has_its_row(bench: Bench) -> None:
    lines = bench("optimizers", "--threads", "1").stdout.splitlines()
    rows = [[part.strip() for part in line.strip("|").split("|")] for line in lines[2:-2]]
    assert [(row[0], float(row[1])) for row in rows] == SETTINGS
    assert all(float(row[2]) > 0 for row in rows)
