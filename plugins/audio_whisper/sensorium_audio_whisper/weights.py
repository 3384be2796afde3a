"""Which tensors of a Whisper checkpoint are the encoder's."""

from __future__ import annotations

PREFIXES = ("model.encoder.", "encoder.")
OUTSIDE = ("model.decoder.", "decoder.", "proj_out.")


def encoder_name(stored: str) -> str | None:
    """A tensor's name inside the encoder, or None for the other parts of a Whisper."""
    if stored.startswith(OUTSIDE):
        return None
    for prefix in PREFIXES:
        stored = stored.removeprefix(prefix)
    return stored
