"""What an engine gives back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from .contracts import Transcript
from .generation import FinishReason, GenerationOptions
from .messages import Message
from .stopwatch import Phases


@dataclass(frozen=True, slots=True)
class Usage:
    """Positions: read for the prompt, of those reused from kept KV, and written."""

    prompt: int
    reused: int
    completion: int


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. Times in seconds, counted from the call.

    `transcripts` are what was heard in the recordings of the message it answers, in order.
    `phases` say where `total_seconds` went.
    """

    text: str
    finish_reason: FinishReason
    usage: Usage
    first_text_seconds: float
    total_seconds: float
    transcripts: tuple[Transcript, ...] = ()
    phases: Phases = field(default_factory=Phases)


class Answering(Protocol):
    """Whatever can be asked: all that an evaluation needs of an engine."""

    def ask(self, messages: Sequence[Message], options: GenerationOptions | None = None) -> Answer:
        """The whole answer at once."""
        ...
