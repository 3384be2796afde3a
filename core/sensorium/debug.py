"""SENSORIUM_DEBUG=1: errors come with the traceback that their text leaves out."""

from __future__ import annotations

import os

VARIABLE = "SENSORIUM_DEBUG"


def is_debugging() -> bool:
    """Whether the environment asks for tracebacks."""
    return os.environ.get(VARIABLE) == "1"
