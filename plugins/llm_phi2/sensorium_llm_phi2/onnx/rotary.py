"""Rotary positions as ONNX Runtime's GroupQueryAttention computes them.

It turns channel i against channel i + R / 2 of the first R of a head, and wants R to be a multiple
of 16. Phi-2 turns 32 of 80, which fits. A model that turns 12 of 32 is brought into that form: its
channels stand in another order, the same for queries and keys, whose products do not change, and
the surplus pairs are turned by nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sensorium.errors import CheckpointError

_STEP = 8


def head_order(config: Any) -> list[int]:
    """Which channel of a head stands in which place."""
    head_width, half = _widths(config)
    surplus = _padded(half) - half
    if 2 * (half + surplus) > head_width:
        raise CheckpointError(
            f"ONNX Runtime cannot turn {2 * half} of a head's {head_width} channels",
            hint="Use backend: torch.",
        )
    still = list(range(2 * half, head_width))
    first = [*range(half), *still[:surplus]]
    second = [*range(half, 2 * half), *still[surplus : 2 * surplus]]
    return [*first, *second, *still[2 * surplus :]]


def tables(config: Any) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Cosines and sines of every position and turned pair, both float32 [context, R / 2]."""
    _, half = _widths(config)
    frequencies = np.zeros(_padded(half), np.float32)
    steps = np.arange(0, 2 * half, 2, dtype=np.float32) / np.float32(2 * half)
    frequencies[:half] = 1 / np.float32(config.rope_parameters["rope_theta"]) ** steps
    positions = np.arange(config.max_position_embeddings, dtype=np.float32)
    angles = np.outer(positions, frequencies)
    return np.cos(angles), np.sin(angles)


def _widths(config: Any) -> tuple[int, int]:
    """Channels of a head, and how many pairs of them are turned."""
    head_width = config.hidden_size // config.num_attention_heads
    return head_width, int(head_width * config.rope_parameters["partial_rotary_factor"]) // 2


def _padded(half: int) -> int:
    return -(-half // _STEP) * _STEP
