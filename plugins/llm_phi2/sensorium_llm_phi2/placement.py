"""Which number format the weights get on which device."""

from __future__ import annotations

import torch
from sensorium.device import computes_bfloat16, computing_device
from sensorium.memory import available_memory

from .options import Phi2Options

# What is left for activations, the KV cache and everything else in the process.
_HEADROOM_BYTES = 1 << 30

SMALL = 100_000_000
"""Parameters; below, float32 is quick on every CPU, and answers are the same on all of them."""


def dtype_for(options: Phi2Options, device: str, parameters: int) -> torch.dtype:
    """The dtype asked for; for 'auto' what this device computes fast and holds."""
    if options.dtype != "auto":
        named: dict[str, torch.dtype] = {
            "float32": torch.float32,
            "bfloat16": torch.bfloat16,
            "float16": torch.float16,
        }
        return named[options.dtype]
    if torch.device(computing_device(device)).type != "cpu":
        return torch.bfloat16
    fits = parameters * 4 + _HEADROOM_BYTES <= available_memory()
    gains = parameters >= SMALL and computes_bfloat16()
    return torch.float32 if fits and not gains else torch.bfloat16
