"""The base of every options model a plugin declares."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Options(BaseModel):
    """Frozen, strict about unknown keys, numbers finite; a field's description is its help text.

    Every number has an upper bound: what no machine can do is refused here, not by a library.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, protected_namespaces=(), allow_inf_nan=False
    )


class NoOptions(Options):
    """For components that have nothing to set."""
