"""Which tensors of a CLIP checkpoint are the vision tower's."""

from __future__ import annotations

PREFIX = "vision_model."
OUTSIDE = ("text_model.", "visual_projection.", "text_projection.", "logit_scale")


def vision_name(stored: str) -> str | None:
    """A tensor's name inside the tower, or None for the parts of a CLIP that are not the tower.

    Checkpoints of transformers before 5, and whole CLIP models, put `vision_model.` in front.
    `position_ids` was saved by old versions; it is 0, 1, 2, … and made anew.
    """
    if stored.startswith(OUTSIDE) or stored.endswith(".position_ids"):
        return None
    return stored.removeprefix(PREFIX)
