"""Keeps KV across turns and requests: what was read once is not read again.

Sessions are kept by the keys of their positions. A conversation that goes on takes its session
back; one that only begins like another gets a copy of that beginning. So a system text, a picture,
a recording or a past turn is read once, whoever asks about it.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .conformance import require
from .contracts import ForkableSession, Session
from .errors import ContextLengthError, PluginError

if TYPE_CHECKING:
    from torch import Tensor

    from .contracts import LanguageModel
    from .perception import Prompt


@dataclass(eq=False)
class HeldSession:
    """A session and the keys of the positions in it."""

    session: Session
    keys: list[Hashable] = field(default_factory=list)
    leased: bool = True
    idle_bytes: int = 0
    """Counted when it came back: a pool may hold thousands, and asks for all at every question."""

    @property
    def nbytes(self) -> int:
        """Memory of the session, in bytes."""
        return self.session.nbytes if self.leased else self.idle_bytes

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
        if logits.ndim != 2 or len(logits) != 1:
            raise PluginError(
                f"{type(self.session).__name__}.append gave logits {list(logits.shape)}, not [1, V]"
            )
        self.keys.extend(prompt.keys[reused:])
        return logits[-1], reused

    def forget(self, length: int) -> None:
        """Drop every position from `length` on."""
        self.session.truncate(length)
        del self.keys[length:]

    def note(self, ids: tuple[int, ...]) -> None:
        """Generated tokens that are in the session become part of its keys."""
        self.keys.extend(ids[: self.session.length - len(self.keys)])


MAX_SESSIONS = 64
"""Of a tiny model thousands would fit, and each question looks through all of them."""

OVERHEAD_BYTES = 20_000
"""What a session takes beside its KV: tensors, keys and lists (of 300 sessions of a Phi with four
layers 19 kB each)."""


class SessionPool:
    """Sessions of at most `max_bytes`, the least recently used dropped first. Thread-safe.

    Those that answer right now count too, but are never dropped: where they alone need more, no
    other is kept. It is counted when a session is taken and when it comes back, each with
    `overhead` bytes beside its KV. More than `max_sessions` are never kept.
    """

    def __init__(
        self,
        llm: LanguageModel,
        max_bytes: int = 2**30,
        *,
        max_sessions: int = MAX_SESSIONS,
        overhead: int = 0,
    ) -> None:
        self.llm = llm
        self.max_bytes = max_bytes
        self.max_sessions = max_sessions
        self.overhead = overhead
        self._held: list[HeldSession] = []
        self._checked = False
        self._lock = threading.Lock()

    @property
    def nbytes(self) -> int:
        """Memory of all sessions, in bytes."""
        return sum(held.nbytes + self.overhead for held in tuple(self._held))

    @contextmanager
    def lease(self, prompt: Prompt) -> Iterator[HeldSession]:
        """The best session for `prompt`, this caller's alone until the block ends.

        Enter it while no session computes: the beginning of one that answers may be copied.
        """
        if len(prompt.keys) >= self.llm.context_length:
            raise ContextLengthError(
                f"The conversation takes {len(prompt.keys)} positions; this model reads at most "
                f"{self.llm.context_length - 1} and needs one to answer.",
                hint="Shorten it or start a new one.",
            )
        held = self._take(prompt.keys)
        try:
            yield held
        except GeneratorExit:
            # Abandoned between two steps. Where the garbage collector closes a stream, it may do so
            # in the very thread that holds the lock.
            self._give_back(held, wait=False)
            raise
        except BaseException:
            with self._lock:  # what it holds is not known
                self._held.remove(held)
                self._drop_oldest()
            raise
        self._give_back(held, wait=True)

    def _take(self, keys: tuple[Hashable, ...]) -> HeldSession:
        with self._lock:
            best, shared = self._best(keys)
            if best and self._may_be_taken(best, shared):
                self._held.remove(best)
                best.leased = True
            elif best and shared and isinstance(best.session, ForkableSession):
                best = HeldSession(best.session.fork(shared), best.keys[:shared])
            else:
                best = HeldSession(self._open())
            self._held.append(best)
            self._drop_oldest()
            return best

    def _open(self) -> Session:
        session = self.llm.open_session()
        if not self._checked:
            owner = f"language model {type(self.llm).__name__}"
            require(session, Session, owner, built="session")
            self._checked = True
        return session

    def _best(self, keys: tuple[Hashable, ...]) -> tuple[HeldSession | None, int]:
        """The session that shares most with `keys`, and how many positions."""
        best, rank = None, (0, False, 0)
        start: list[Hashable] = []
        for held in self._held:
            # Most differ at once, and equality of lists is quick to see it.
            if held.keys[: len(start)] != start:
                continue
            # Of equal ones the shortest is given away with the least loss.
            found = (held.shared(keys), not held.leased, -len(held.keys))
            if best is None or found > rank:
                best, rank = held, found
                start = [*keys[: found[0]]]
        return best, rank[0]

    def _may_be_taken(self, held: HeldSession, shared: int) -> bool:
        """Whether a prompt that shares this many positions may have the session itself."""
        if held.leased:
            return False
        length = len(held.keys)
        both_fit = held.nbytes * (length + shared) <= self.max_bytes * length
        may_be_copied = both_fit and isinstance(held.session, ForkableSession)
        # A copy costs memory; reading everything again costs more than what the other one loses.
        return length - shared <= length * (1 / 8 if may_be_copied else 1 / 2)

    def _give_back(self, held: HeldSession, *, wait: bool) -> None:
        held.forget(len(held.keys))  # tokens that were not noted
        held.idle_bytes = held.session.nbytes
        held.leased = False
        if self._lock.acquire(blocking=wait):
            try:
                self._drop_oldest()
            finally:
                self._lock.release()

    def _drop_oldest(self) -> None:
        excess = self.nbytes - self.max_bytes
        too_many = len(self._held) - self.max_sessions
        if excess <= 0 and too_many <= 0:
            return
        idle = [held for held in self._held if not held.leased]
        # One that is too large alone goes first: to make room for it would empty the pool.
        for held in sorted(idle, key=lambda held: held.nbytes <= self.max_bytes):
            if excess <= 0 and too_many <= 0:
                return
            self._held.remove(held)
            excess -= held.nbytes + self.overhead
            too_many -= 1
