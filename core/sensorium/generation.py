"""Decoding: sampling, stop rules and streaming over any session.

Legend: V vocabulary. Only `append` and `truncate` of a session are used, by `speculation.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from .detokenizer import detokenizer_for
from .limits import LARGEST_SEED, LONGEST_ANSWER
from .options import Options
from .speculation import CostCurve, Lookup, Reader

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from .contracts import LanguageModel, Session, Tokenizer

FinishReason = Literal["stop", "length", "cancelled"]


class GenerationOptions(Options):
    """How answers are decoded."""

    max_tokens: int = Field(
        default=256, ge=1, le=LONGEST_ANSWER, description="Longest answer, in tokens."
    )
    temperature: float = Field(default=0.0, ge=0, le=5, description="0 is greedy decoding.")
    top_p: float = Field(default=1.0, gt=0, le=1, description="Nucleus sampling: share kept.")
    repetition_penalty: float = Field(
        default=1.0,
        ge=0.5,
        le=5,
        description="Above 1, tokens already in the answer become less likely.",
    )
    stop: tuple[str, ...] = Field(
        default=(), max_length=16, description="Texts that end the answer; not part of it."
    )
    seed: int | None = Field(
        default=None, ge=0, le=LARGEST_SEED, description="Makes sampling repeatable."
    )
    speculation: bool = Field(
        default=False,
        description="Guess what repeats the prompt or the answer and check several tokens at once: "
        "the same greedy answer, sooner where it quotes.",
    )

    @property
    def speculates(self) -> bool:
        """Guesses are checked against the largest logit, so only plain greedy decoding has them."""
        return self.speculation and self.temperature == 0 and self.repetition_penalty == 1


@dataclass(frozen=True, slots=True)
class Step:
    """What one decoding step adds: text that is final, and at the end why it ended."""

    text: str
    ids: tuple[int, ...]
    finish: FinishReason | None = None


def generate(
    llm: LanguageModel,
    session: Session,
    logits: Tensor,
    options: GenerationOptions,
    stop_ids: frozenset[int],
    cancelled: Callable[[], bool],
    *,
    keys: Sequence[Hashable] = (),
    costs: CostCurve | None = None,
) -> Iterator[Step]:
    """Decode from `logits` [V]; yields as soon as text is final, the last step has `finish`.

    A generated token enters the session only when another one is needed after it. Text that may
    turn out to begin a stop text, or half of a character, is held back until it is decided.

    Speculation looks up what to guess in `keys`, those of the positions in the session, and
    learns `costs`. It may let the session hold more between two steps, never at the last one.
    """
    lookup = Lookup(keys) if options.speculates else None
    reader = Reader(llm, session, lookup, costs)
    limit = min(options.max_tokens, llm.context_length - session.length)
    for step in _steps(llm.tokenizer, reader, logits, options, limit, stop_ids, cancelled):
        if step.finish is not None:
            reader.settle()
        yield step


def _steps(
    tokenizer: Tokenizer,
    reader: Reader,
    logits: Tensor,
    options: GenerationOptions,
    limit: int,
    stop_ids: frozenset[int],
    cancelled: Callable[[], bool],
) -> Iterator[Step]:
    sample = Sampler(options)
    writer = TextWriter(tokenizer, options.stop)
    ids: list[int] = []
    while True:
        if cancelled():
            yield Step(writer.flush(), tuple(ids), "cancelled")
            return
        token = sample(logits, ids)
        if token in stop_ids:
            yield Step(writer.flush(), tuple(ids), "stop")
            return
        ids.append(token)
        text = writer.push(token)
        if writer.stopped:
            yield Step(text, tuple(ids), "stop")
            return
        if len(ids) >= limit:
            text += writer.flush()
            yield Step(text, tuple(ids), "stop" if writer.stopped else "length")
            return
        if text:
            yield Step(text, tuple(ids))
        logits = reader.read(token, limit - len(ids))


class Sampler:
    """Picks the next token from logits [V]; greedy at temperature 0."""

    def __init__(self, options: GenerationOptions) -> None:
        self.options = options
        self._generator: torch.Generator | None = None

    def __call__(self, logits: Tensor, previous: Sequence[int]) -> int:
        """The id of the next token, given the answer so far."""
        import torch

        options = self.options
        if options.repetition_penalty != 1.0 and previous:
            logits = logits.clone()
            seen = torch.tensor(sorted(set(previous)), device=logits.device)
            values = logits[seen]
            penalty = options.repetition_penalty
            logits[seen] = torch.where(values > 0, values / penalty, values * penalty)
        if options.temperature == 0:
            return int(logits.argmax())
        if self._generator is None:
            self._generator = torch.Generator()
            if options.seed is None:
                self._generator.seed()
            else:
                self._generator.manual_seed(options.seed)
        # Less the largest, so that a temperature near 0 divides to -inf and never to NaN.
        logits = logits.double().cpu()
        chances = torch.softmax((logits - logits.max()) / options.temperature, dim=-1)
        if options.top_p < 1:
            ordered, order = chances.sort(descending=True)
            # The token that crosses top_p is kept, so one always remains.
            ordered[ordered.cumsum(0) - ordered >= options.top_p] = 0
            chances = torch.zeros_like(chances).scatter_(0, order, ordered)
        return int(torch.multinomial(chances, 1, generator=self._generator))


class TextWriter:
    """Ids → text as it becomes final, ended by the first stop text."""

    def __init__(self, tokenizer: Tokenizer, stop: Sequence[str]) -> None:
        self._detokenizer = detokenizer_for(tokenizer)
        self._stop = [text for text in stop if text]
        self._held = ""
        self._ended = False
        self.stopped = False

    def push(self, token: int) -> str:
        """Add a token; returns the text that is now final."""
        text = self._held + self._detokenizer.push(token)
        # A stop text ends the answer here, so what stands if it ends here is looked through too.
        if self._stop and self._first_stop(text + self._detokenizer.ahead) is not None:
            whole = text + self._detokenizer.rest()
            if (start := self._first_stop(whole)) is not None:
                return self._end(whole, start)
        end = len(text) - max((_overlap(text, stop) for stop in self._stop), default=0)
        self._held = text[end:]
        return text[:end]

    def flush(self) -> str:
        """Whatever was held back, up to a stop text in it."""
        if self._ended:
            return ""
        text = self._held + self._detokenizer.rest()
        return self._end(text, self._first_stop(text))

    def _first_stop(self, text: str) -> int | None:
        """Where the stop text begins that is complete first, of two the one that began earlier."""
        found = [(text.find(stop), stop) for stop in self._stop]
        ends = [(start + len(stop), start) for start, stop in found if start >= 0]
        return min(ends)[1] if ends else None

    def _end(self, text: str, start: int | None) -> str:
        self._ended, self.stopped = True, start is not None
        return text[:start]


def _overlap(text: str, stop: str) -> int:
    """How many last letters of `text` begin `stop`."""
    longest = min(len(text), len(stop) - 1)
    return next((n for n in range(longest, 0, -1) if text.endswith(stop[:n])), 0)
