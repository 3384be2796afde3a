"""Random choices that depend on a name alone, not on what was drawn before."""

from __future__ import annotations

import hashlib


def number_of(text: str) -> int:
    """Always the same for a text, from 0 to below 2⁶⁴, and spread evenly."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
