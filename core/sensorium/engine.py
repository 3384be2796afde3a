"""ChatEngine: the one object that command line, page and server talk to."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .errors import ContextLengthError, UnsupportedInputError
from .generation import FinishReason, GenerationOptions, generate
from .messages import Message
from .pipeline import Pipeline
from .render import render, stop_ids
from .session import SessionPool

CHARACTERS_PER_TOKEN = 128
"""The longest token of GPT-2's family; text longer than a context full of them cannot fit."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Positions: read for the prompt, of those reused from kept KV, and written."""

    prompt: int
    reused: int
    completion: int


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. Times in seconds, counted from the call."""

    text: str
    finish_reason: FinishReason
    usage: Usage
    first_text_seconds: float
    total_seconds: float


class AnswerStream:
    """Yields text as it is written; `answer` is there when it ended, `cancel()` ends it early."""

    def __init__(self, engine: ChatEngine, messages: Sequence[Message], options: GenerationOptions):
        self._cancelled = threading.Event()
        self._answer: Answer | None = None
        self._steps = self._run(engine, tuple(messages), options)

    def __iter__(self) -> Iterator[str]:
        return self._steps

    def cancel(self) -> None:
        """Stop before the next token; safe from any thread."""
        self._cancelled.set()

    @property
    def answer(self) -> Answer:
        """The whole answer; reads the rest of the stream if it is not finished."""
        for _ in self._steps:
            pass
        if self._answer is None:
            raise RuntimeError("the stream was closed before it ended")
        return self._answer

    def _run(
        self, engine: ChatEngine, messages: tuple[Message, ...], options: GenerationOptions
    ) -> Iterator[str]:
        began = time.perf_counter()
        pipeline = engine.pipeline
        tokenizer = pipeline.llm.tokenizer
        _refuse_hopeless(messages, pipeline.llm.context_length)
        stops = stop_ids(pipeline.template, tokenizer)
        pieces = render(messages, pipeline.template, tokenizer, system=pipeline.system)
        first: float | None = None
        written = ""
        with engine.lock:
            prompt = pipeline.perception.perceive(pieces)
        with engine.sessions.lease(prompt) as held:
            with engine.lock:
                logits, reused = held.read(prompt)
            steps = generate(
                pipeline.llm, held.session, logits, options, stops, self._cancelled.is_set
            )
            # The lock is never held while the reader has the text: one that is slow, or left in
            # the middle, holds up nobody.
            while self._answer is None:
                with engine.lock:
                    step = next(steps)
                # Templates separate the answer by a space, which belongs to the format.
                text = step.text if written else step.text.lstrip()
                if text and first is None:
                    first = time.perf_counter() - began
                written += text
                if step.finish is not None:
                    held.note(step.ids)
                    total = time.perf_counter() - began
                    usage = Usage(len(prompt.keys), reused, len(step.ids))
                    self._answer = Answer(
                        written.rstrip(), step.finish, usage, first or total, total
                    )
                if text:
                    yield text


def _refuse_hopeless(messages: Sequence[Message], context_length: int) -> None:
    """Refuse what cannot be answered before any of it is tokenised, which takes time."""
    if not messages:
        raise UnsupportedInputError("There is no message to answer.")
    characters = sum(len(message.text) for message in messages)
    if characters > context_length * CHARACTERS_PER_TOKEN:
        raise ContextLengthError(
            f"The conversation has {characters} characters; this model reads at most "
            f"{context_length} tokens.",
            hint="Shorten it or start a new one.",
        )


class ChatEngine:
    """Answers conversations with one pipeline; one step of one answer is computed at a time."""

    def __init__(self, pipeline: Pipeline, *, sessions: int = 4) -> None:
        self.pipeline = pipeline
        self.sessions = SessionPool(pipeline.llm, sessions)
        self.lock = threading.Lock()

    def stream(
        self, messages: Sequence[Message], options: GenerationOptions | None = None
    ) -> AnswerStream:
        """Start an answer to the conversation; nothing is computed until it is iterated."""
        return AnswerStream(self, messages, options or self.pipeline.generation)

    def ask(self, messages: Sequence[Message], options: GenerationOptions | None = None) -> Answer:
        """The whole answer at once."""
        return self.stream(messages, options).answer
