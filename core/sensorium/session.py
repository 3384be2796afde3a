"""Keeps KV across turns and requests: a conversation that goes on is not read again.

Sessions are kept by the keys of their positions. A new prompt takes the session with the longest
equal beginning, forgets what differs, and appends only the rest.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .errors import ContextLengthError

if TYPE_CHECKING:
    from torch import Tensor

    from .contracts import LanguageModel, Session
    from .perception import Prompt


@dataclass(eq=False)
class HeldSession:
    """A session and the keys of the positions in it."""

    session: Session
    keys: list[Hashable] = field(default_factory=list)

    def shared(self, keys: tuple[Hashable, ...]) -> int:
        """How many leading positions equal `keys`."""
        count = 0
        for mine, other in zip(self.keys, keys, strict=False):
            if mine != other:
                break
            count += 1
        return count

    def read(self, prompt: Prompt) -> tuple[Tensor, int]:
        """Bring the session to `prompt`; → logits [V] of its last position, positions reused."""
        # The last position is always read again: its logits are not kept.
        reused = min(self.shared(prompt.keys), len(prompt.keys) - 1)
        self.forget(reused)
        logits = self.session.append(prompt.embeddings[reused:])
        self.keys.extend(prompt.keys[reused:])
        return logits[-1], reused

    def forget(self, length: int) -> None:
        """Drop every position from `length` on."""
        self.session.truncate(length)
        del self.keys[length:]

    def note(self, ids: tuple[int, ...]) -> None:
        """Generated tokens that are in the session become part of its keys."""
        self.keys.extend(ids[: self.session.length - len(self.keys)])


class SessionPool:
    """At most `size` sessions, the least recently used dropped first. Thread-safe."""

    def __init__(self, llm: LanguageModel, size: int = 4) -> None:
        self.llm = llm
        self.size = size
        self._idle: list[HeldSession] = []
        self._lock = threading.Lock()

    @contextmanager
    def lease(self, prompt: Prompt) -> Iterator[HeldSession]:
        """The best session for `prompt`, this caller's alone until the block ends."""
        if len(prompt.keys) >= self.llm.context_length:
            raise ContextLengthError(
                f"The conversation takes {len(prompt.keys)} positions; this model reads at most "
                f"{self.llm.context_length - 1} and needs one to answer.",
                hint="Shorten it or start a new one.",
            )
        held = self._take(prompt.keys)
        yield held
        # Not reached where the block raised or was abandoned: then what the session holds is
        # unknown, and it is not kept.
        self._keep(held)

    def _take(self, keys: tuple[Hashable, ...]) -> HeldSession:
        with self._lock:
            best = max(self._idle, key=lambda held: held.shared(keys), default=None)
            # Conversations that only begin alike (the system text) must not take each other's.
            if best is not None and best.shared(keys) * 2 >= len(best.keys):
                self._idle.remove(best)
                return best
        return HeldSession(self.llm.open_session())

    def _keep(self, held: HeldSession) -> None:
        with self._lock:
            self._idle.append(held)
            del self._idle[: -self.size]
