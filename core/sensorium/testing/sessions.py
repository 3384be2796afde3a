"""Whether a language model's sessions are what the engine relies on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from sensorium.contracts import ForkableSession
from sensorium.errors import PluginError

if TYPE_CHECKING:
    from torch import Tensor

    from sensorium.contracts import LanguageModel

_LENGTH = 12
_CUT = 7


def check_sessions(llm: LanguageModel, *, tolerance: float = 1e-3) -> None:
    """Compare a session that was split, cut and forked with one that reads everything at once.

    Raises PluginError with what differs. `tolerance` is that of logits, relative to their largest.
    Twelve positions of the vocabulary's first ids are read, so any model will do.
    """
    with torch.no_grad():
        rows = llm.embed(torch.arange(_LENGTH) % llm.vocabulary).detach()
        others = rows.flip(0)

    def expect(what: str, logits: Tensor, *read: Tensor) -> None:
        """That `logits` are those of a fresh session that reads `read`."""
        expected = llm.open_session().append(torch.cat(read), last=len(logits))
        difference = float((logits - expected).abs().max())
        if not difference <= tolerance * float(expected.abs().max()):
            raise PluginError(f"A session {what} gives other logits: they differ by {difference:g}")

    session = llm.open_session()
    _require(session.length == 0, "A new session is not empty")
    session.append(rows[:5])
    expect("that reads in parts", session.append(rows[5:], last=3), rows)
    _require(session.length == _LENGTH, f"length is not {_LENGTH} after {_LENGTH} positions")
    _require(session.nbytes > 0, "nbytes is 0 though positions are held")
    session.truncate(_CUT)
    _require(session.length == _CUT, f"length is not {_CUT} after truncate({_CUT})")
    expect("cut by truncate()", session.append(others), rows[:_CUT], others)
    if not isinstance(session, ForkableSession):
        return
    fork = session.fork(_CUT)
    _require(fork.length == _CUT, f"length is not {_CUT} after fork({_CUT})")
    forked, original = fork.append(rows), session.append(rows)
    expect("that was forked", forked, rows[:_CUT], rows)
    expect("whose fork went on", original, rows[:_CUT], others, rows)
    session.truncate(0)
    expect("whose origin was cut", fork.append(others), rows[:_CUT], rows, others)


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise PluginError(what)
