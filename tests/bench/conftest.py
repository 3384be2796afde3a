"""How the measurements are run: as a person runs them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
Bench = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def bench() -> Bench:
    """`bench(name, *words)`: `python -m bench.NAME --smoke WORDS`, which must end well."""

    def run(name: str, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", f"bench.{name}", "--smoke", *words]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done

    return run
