"""Upper bounds of numbers that can be set: what no machine does is refused, before a library."""

from __future__ import annotations

MOST_THREADS = 1024
"""As many as the largest machines compute with; libraries crash on some larger numbers."""

MOST_PROCESSES = 256

LARGEST_SEED = 2**63 - 1
"""What torch's generators take."""

LONGEST_ANSWER = 32_768
"""Tokens."""

LARGEST_WIDTH = 65_536
"""Of a layer, and the positions of one item: beyond those of any model."""

MOST_STEPS = 10**9

MOST_SAMPLES = 10**8
"""Of a corpus, a validation, an evaluation."""
