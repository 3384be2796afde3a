"""ChatEngine: the one object that command line, page and server talk to."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from .answer import Answer, Usage
from .contracts import Transcript
from .errors import ContextLengthError, InputTypeError, UnsupportedInputError
from .generation import GenerationOptions, generate
from .hearing import Interrupted, as_text, hear, require_words, unheard
from .inputs import as_messages, as_options
from .messages import Message
from .pipeline import Pipeline
from .render import render, stop_ids
from .session import OVERHEAD_BYTES, SessionPool
from .speculation import CostCurve
from .stopwatch import Stopwatch

if TYPE_CHECKING:
    from .inputs import Conversation, GivenOptions

CHARACTERS_PER_TOKEN = 128
"""The longest token of GPT-2's family; text longer than a context full of them cannot fit."""


class AnswerStream:
    """Yields text as it is written; `answer` is there when it ended, `cancel()` ends it early.

    `messages` is the conversation as given and, once `hear()` ran, with the transcripts in it:
    keep these messages, and the next turn need not hear them again.
    """

    def __init__(self, engine: ChatEngine, messages: Sequence[Message], options: GenerationOptions):
        self.messages = tuple(messages)
        self._engine = engine
        self._watch: Stopwatch | None = None
        self._cancelled = threading.Event()
        self._answer: Answer | None = None
        self._steps = self._run(options)

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

    @property
    def transcripts(self) -> tuple[Transcript, ...]:
        """What was heard in the recordings of the last message, in order; none before `hear()`."""
        return self.messages[-1].transcripts if self.messages else ()

    def hear(self) -> tuple[Transcript, ...]:
        """Listen to what was said, and look at pictures meanwhile; → `transcripts`.

        The stream does it by itself; call it first to show what was heard before the answer
        begins. Raises NothingHeardError where the last message is only sound without words.
        """
        self._watch = watch = self._watch or Stopwatch()
        perception = self._engine.pipeline.perception
        _refuse_hopeless(self.messages, perception.llm.context_length)
        media = [item for message in self.messages for item in message.media]
        perception.check(media)
        if unheard(self.messages, perception.hearings):
            with ThreadPoolExecutor(1, thread_name_prefix="sensorium-hearing") as thread:
                heard = thread.submit(
                    hear, self.messages, perception.hearings, self._cancelled.is_set
                )
                try:
                    with self._engine.lock:  # what is seen here is remembered for the prompt
                        perception.see(media, watch)
                    with watch.phase("hear"):
                        self.messages = heard.result()
                except BaseException:
                    self.cancel()  # nobody waits for the rest of what is being heard
                    raise
        require_words(self.messages[-1], perception.hearings)
        return self.transcripts

    def _run(self, options: GenerationOptions) -> Iterator[str]:
        self._watch = watch = self._watch or Stopwatch()
        engine, pipeline = self._engine, self._engine.pipeline
        tokenizer = pipeline.llm.tokenizer
        stops = stop_ids(pipeline.template, tokenizer)
        try:
            self.hear()
        except Interrupted:
            total = (phases := watch.phases).total
            self._answer = Answer("", "cancelled", Usage(0, 0, 0), total, total, phases=phases)
            return
        messages = as_text(self.messages, pipeline.perception.hearings)
        _refuse_hopeless(messages, pipeline.llm.context_length)
        pieces = render(messages, pipeline.template, tokenizer, system=pipeline.system)
        first: float | None = None
        written = ""
        with ExitStack() as leased:
            with engine.lock:
                prompt = pipeline.perception.perceive(pieces, watch)
                held = leased.enter_context(engine.sessions.lease(prompt))
                with watch.phase("prefill"):
                    logits, reused = held.read(prompt)
            steps = generate(
                pipeline.llm,
                held.session,
                logits,
                options,
                stops,
                self._cancelled.is_set,
                keys=prompt.keys,
                costs=engine.costs,
            )
            # The lock is never held while the reader has the text: one that is slow, or left in
            # the middle, holds up nobody.
            while self._answer is None:
                with engine.lock, watch.phase("decode" if written else "first_text"):
                    step = next(steps)
                # Templates separate the answer by a space, which belongs to the format.
                text = step.text if written else step.text.lstrip()
                if text and first is None:
                    first = watch.phases.total
                written += text
                if step.finish is not None:
                    held.note(step.ids)
                    total = (phases := watch.phases).total
                    usage = Usage(len(prompt.keys), reused, len(step.ids))
                    self._answer = Answer(
                        written.rstrip(),
                        step.finish,
                        usage,
                        first or total,
                        total,
                        self.transcripts,
                        phases,
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

    def __init__(self, pipeline: Pipeline) -> None:
        if isinstance(pipeline, str | Path):
            raise InputTypeError(
                f"A ChatEngine is made of a Pipeline, not {type(pipeline).__name__}",
                hint=f"Load the model: sensorium.load({str(pipeline)!r})",
            )
        self.pipeline = pipeline
        kept = pipeline.plan.recipe.kept_megabytes * 2**20
        self.sessions = SessionPool(pipeline.llm, kept, overhead=OVERHEAD_BYTES)
        self.costs = CostCurve()
        self.lock = threading.Lock()

    def stream(self, messages: Conversation, options: GivenOptions = None) -> AnswerStream:
        """Start an answer to the conversation; nothing is computed until it is iterated.

        Takes what `ask` takes.
        """
        given = as_options(options, self.pipeline.generation)
        return AnswerStream(self, as_messages(messages), given)

    def ask(self, messages: Conversation, options: GivenOptions = None) -> Answer:
        """The whole answer at once.

        `messages` is the conversation, the last message to be answered. One question may stand for
        it: a text, a picture or a recording, or a list of these with one text. `options` replace
        those of the recipe; a dict, `{"max_tokens": 64}`, replaces what it names.

        Raises InputTypeError or ConfigError where either is something else, MediaError where a
        picture or a recording cannot be read, UnsupportedInputError where the model has no sense
        for it, ContextLengthError where all is too long.
        """
        return self.stream(messages, options).answer
