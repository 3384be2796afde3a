"""Freed memory goes back to the system, measured in a process of its own."""

import os
import platform
import subprocess
import sys

import pytest

BLOCKS = """
import sys, numpy, psutil
from sensorium.malloc import give_back, give_back_large
if "large" in sys.argv:
    give_back_large()
held = psutil.Process().memory_info
block = numpy.ones(9 << 20, numpy.uint8)
del block                       # from here on glibc keeps blocks of this size
before = held().rss
blocks = [numpy.ones(9 << 20, numpy.uint8) for _ in range(10)]
blocks = blocks[-1:]            # what lies above them stays
if "now" in sys.argv:
    give_back()
print((held().rss - before) >> 20)
"""

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc alone is told")


def megabytes_kept(*words: str, **environment: str) -> int:
    """Of ninety, of which nine are still needed."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("MALLOC_", "GLIBC_"))}
    command = [sys.executable, "-c", BLOCKS, *words]
    return int(subprocess.check_output(command, env={**clean, **environment}))


def test_by_itself_glibc_keeps_what_was_freed() -> None:
    assert megabytes_kept() > 80


@pytest.mark.parametrize("words", [("large",), ("now",), ("large", "now")])
def test_what_was_freed_is_given_back(words: tuple[str, ...]) -> None:
    assert megabytes_kept(*words) < 15


def test_an_environment_that_says_otherwise_is_left_alone() -> None:
    assert megabytes_kept("large", GLIBC_TUNABLES="glibc.malloc.mmap_threshold=33554432") > 80
