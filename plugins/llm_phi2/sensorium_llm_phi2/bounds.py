"""What a session may be asked, whatever runs the model."""

from __future__ import annotations

from sensorium.errors import ContextLengthError


def appended(held: int, count: int, last: int, context_length: int) -> int:
    """Positions held once `count` have been appended to `held`, of which `last` give logits.

    ValueError for a `last` that is not among them, ContextLengthError where they do not fit.
    """
    if not 0 < last <= count:
        raise ValueError(f"last={last} of {count} appended positions")
    end = held + count
    if end > context_length:
        raise ContextLengthError(
            f"The conversation needs {end} positions, the model has {context_length}.",
            hint="Shorten the text, send fewer media, or start a new conversation.",
        )
    return end


def truncated(held: int, length: int) -> int:
    """`length`; ValueError where a session of `held` positions cannot be cut to it."""
    if not 0 <= length <= held:
        raise ValueError(f"truncate({length}) of a session of {held} positions")
    return length
