"""Prompt-lookup speculation: an answer that quotes is written several tokens at a time.

Where the last tokens stood before, in the prompt or in the answer, what followed them there is
guessed to follow again. The guesses are read behind the newest token in one call, which costs less
than one call for each, and the model's own choice at every position says how far they were right:
the answer is the one that greedy decoding writes. After Saxena, "Prompt Lookup Decoding" (2023).

How much is guessed is a matter of what it costs and how often it is right. Both are learned while
answers are written: `CostCurve` times the calls, `Lookup` compares what it would have guessed with
what is written, also where nothing was guessed.

Legend: V vocabulary.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Hashable, Iterable
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from .contracts import LanguageModel, Session

SIZES = (1, 2, 4, 8, 16)
"""Positions of one call: the newest token, and guesses."""

ORDERS = (16, 8, 4, 2)
"""How many last tokens are looked up, the most first."""


class CostCurve:
    """Seconds that a call takes by its positions; one for each model, kept from answer to answer.

    A size that was not timed lately is taken to cost one and a half times the next smaller one: it
    cannot cost less than that one, nor more than two calls of it.
    """

    _kept = 5
    _lately = 64  # calls: the context grows, and a machine has its moods

    def __init__(self) -> None:
        self._calls = 0
        self._times = {size: deque[tuple[int, float]](maxlen=self._kept) for size in SIZES}

    def note(self, size: int, seconds: float) -> None:
        """A call of `size` positions took this long."""
        self._calls += 1
        self._times[size].append((self._calls, seconds))

    def seconds(self, size: int) -> float | None:
        """What a call of `size` positions will take; None where no single one was timed."""
        since = self._calls - self._lately
        lately = [seconds for call, seconds in self._times[size] if call > since]
        if lately:
            return median(lately)
        smaller = self.seconds(size // 2) if size > 1 else None
        return None if smaller is None else 1.5 * smaller


class Lookup:
    """What may follow a text: what followed where its last tokens stood before.

    The text is given as keys of positions (see `Prompt.keys`): a token is an int, a position of
    media is something else and never guessed.
    """

    def __init__(self, keys: Iterable[Hashable] = ()) -> None:
        self._text: list[Hashable] = []
        self._places: dict[tuple[Hashable, ...], int] = {}
        self._place = self._order = 0
        # By order: guesses that were right, and guesses. As if, of one more guess than tokens
        # agree, all but one had been right; written text corrects that soon.
        self._right = {order: float(order) / (order + 1) for order in ORDERS}
        self._made = dict.fromkeys(ORDERS, 1.0)
        for key in keys:
            self._enter(key)

    def add(self, token: int) -> None:
        """A token was written; learns from it whether it would have been guessed."""
        if self._order:
            self._made[self._order] += 1
            self._right[self._order] += self._text[self._place] == token
        self._enter(token)

    def guesses(self, count: int) -> list[int]:
        """At most `count` tokens that may come next."""
        period = len(self._text) - self._place
        found: list[int] = []
        # What goes on into the end of the text repeats itself from there.
        for index in range(count if self._order else 0):
            key = self._text[self._place + index % period]
            if not isinstance(key, int):
                break
            found.append(key)
        return found

    def tokens(self, guesses: int) -> float:
        """How many tokens a call with so many guesses is expected to give: one, and the right ones.

        A guess counts only where all before it are right, and then agrees with more tokens.
        """
        expected = chance = 1.0
        for index in range(guesses):
            chance *= self._chance(self._order + index)
            expected += chance
        return expected

    def _chance(self, agreeing: int) -> float:
        order = next(order for order in ORDERS if order <= agreeing)
        return self._right[order] / self._made[order]

    def _enter(self, key: Hashable) -> None:
        self._text.append(key)
        self._place = self._order = 0
        end = len(self._text)
        for order in ORDERS:
            if order <= end:
                gram = tuple(self._text[-order:])
                if not self._order and gram in self._places:
                    self._place, self._order = self._places[gram], order
                self._places[gram] = end


class Reader:
    """Lets a session read what was written, with guesses behind it where that pays.

    While guesses are open, the session holds more positions than were written: `settle` before
    anybody else uses it.
    """

    def __init__(
        self,
        llm: LanguageModel,
        session: Session,
        lookup: Lookup | None = None,
        costs: CostCurve | None = None,
    ) -> None:
        self._llm = llm
        self._session = session
        self._lookup = lookup
        self._costs = costs or CostCurve()
        self._open: list[int] = []
        self._rows: list[Tensor] = []

    def read(self, token: int, more: int) -> Tensor:
        """Logits [V] of what follows `token`; at most `more` tokens are wanted after it."""
        if self._lookup is not None:
            self._lookup.add(token)
        if self._open and self._open[0] == token:
            del self._open[0]
        else:
            self.settle()
            self._open = self._worthwhile(more - 1)
            self._rows = self._append([token, *self._open])
        return self._rows.pop(0)

    def settle(self) -> None:
        """Forget the guesses that are open: the session holds what was read, and no more."""
        if self._open:
            self._session.truncate(self._session.length - len(self._open))
            self._open = []

    def _worthwhile(self, room: int) -> list[int]:
        """The guesses, at most `room`, with which most tokens a second are expected."""
        single = self._costs.seconds(1)
        if self._lookup is None or single is None:
            return []
        guesses = self._lookup.guesses(min(room, SIZES[-1] - 1))
        best, speed = 1, 1 / single
        for size in SIZES[1:]:
            seconds = self._costs.seconds(size)
            if size > len(guesses) + 1 or seconds is None:
                break
            if self._lookup.tokens(size - 1) / seconds > speed:
                best, speed = size, self._lookup.tokens(size - 1) / seconds
        return guesses[: best - 1]

    def _append(self, tokens: list[int]) -> list[Tensor]:
        import torch

        began = time.perf_counter()
        with torch.no_grad():
            embeddings = self._llm.embed(torch.tensor(tokens))
        # On the CPU, where it is chosen from: a GPU has then finished, and the time is whole.
        rows = self._session.append(embeddings, last=len(tokens)).cpu()
        self._costs.note(len(tokens), time.perf_counter() - began)
        return [*rows]
