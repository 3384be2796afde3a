"""Messages → token ids and media slots, by position.

Text is tokenised literally, so nothing a person writes can become a media slot or a control
token. A media slot is a place in the list of pieces, never a marker string. Training and chat
render through this one function: a piece knows whether it is what the assistant says (`answer`),
which is exactly what training learns. An answer without words is nothing that the assistant says:
it is spelled as an empty turn, and neither it nor its end token is learned.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from .contracts import Tokenizer
from .errors import ConfigError
from .messages import Media, MediaPart, Message, TextPart
from .specs import ChatTemplate, Turn

_CONTROL = re.compile(r"(<\|[a-z0-9_]+\|>)")


@dataclass(frozen=True, slots=True)
class TextPiece:
    """Token ids; `answer` where the assistant says them in words (its end token included)."""

    ids: tuple[int, ...]
    answer: bool = False


@dataclass(frozen=True, slots=True)
class MediaPiece:
    """A slot that the media's embeddings fill."""

    media: Media


Piece = TextPiece | MediaPiece


class Voice(Enum):
    """Who speaks: what is given, the assistant, or the assistant without a word."""

    GIVEN = auto()
    ANSWER = auto()
    SILENT = auto()


def render(
    messages: Sequence[Message],
    template: ChatTemplate,
    tokenizer: Tokenizer,
    *,
    system: str | None = None,
    reply: bool = True,
) -> list[Piece]:
    """The conversation as pieces; with `reply` the assistant's turn is opened at the end."""
    run = _Run(tokenizer)
    if not messages or messages[0].role != "system":
        text = template.system if system is None else system
        messages = (Message.system(text), *messages) if text else messages
    for message in messages:
        turn = _turn(template, message.role)
        voice = _voice(message)
        run.template(turn.before)
        if voice is not Voice.SILENT:
            _content(run, message, turn, template, voice)
        run.template(turn.after, voice)
    if reply:
        run.template(_turn(template, "assistant").before)
    run.close()
    return run.pieces


def stop_ids(template: ChatTemplate, tokenizer: Tokenizer) -> frozenset[int]:
    """The ids of the control tokens that end an answer."""
    return frozenset(tokenizer.control(token) for token in template.stop)


def end_id(template: ChatTemplate, tokenizer: Tokenizer) -> int:
    """The id between plain texts, the first of the tokens that end an answer; ConfigError where the
    template has none.
    """
    if not template.stop:
        raise ConfigError(f"Chat template '{template.name}' has no token that ends a text")
    return tokenizer.control(template.stop[0])


def _turn(template: ChatTemplate, role: str) -> Turn:
    if role not in template.turns:
        raise ConfigError(f"Chat template '{template.name}' has no turn for the role '{role}'")
    return template.turns[role]


def _voice(message: Message) -> Voice:
    if message.role != "assistant":
        return Voice.GIVEN
    return Voice.ANSWER if message.is_answer else Voice.SILENT


def _content(run: _Run, message: Message, turn: Turn, template: ChatTemplate, voice: Voice) -> None:
    after_media = False
    # A part without text is none: formats differ in whether they write it down.
    parts = [part for part in message.parts if isinstance(part, MediaPart) or part.text]
    for index, part in enumerate(parts):
        if isinstance(part, TextPart):
            lead = template.media_separator if after_media else ""
            if index == 0:
                lead = turn.separator
            run.text(lead + part.text, voice)
            after_media = False
        else:
            if index == 0:
                run.text(turn.separator, voice)
            run.media(part.media)
            after_media = True


class _Run:
    """Gathers neighbouring text so that it is tokenised as one string, as reference code does.

    A run ends at media, at control tokens and where the assistant begins or stops speaking; the
    last makes the boundary of what is trained an exact token boundary.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.pieces: list[Piece] = []
        self._tokenizer = tokenizer
        self._text = ""
        self._ids: list[int] = []
        self._voice = Voice.GIVEN
        self._after_control = False

    def template(self, text: str, voice: Voice = Voice.GIVEN) -> None:
        """Template text, in which control tokens are recognised."""
        if self._after_control and not self._text:
            text = text.removeprefix(" ")  # formats put no space behind an end token
        for part in _CONTROL.split(text):
            if _CONTROL.fullmatch(part):
                self._switch(voice)
                self._flush_text()
                self._ids.append(self._tokenizer.control(part))
                self._after_control = True
            else:
                self.text(part, voice)

    def text(self, text: str, voice: Voice) -> None:
        """Literal text."""
        if text:
            self._switch(voice)
            self._text += text
            self._after_control = False

    def media(self, media: Media) -> None:
        """A slot."""
        self.close()
        self.pieces.append(MediaPiece(media))
        self._after_control = False

    def close(self) -> None:
        """End the run."""
        self._flush_text()
        if self._ids:
            self.pieces.append(TextPiece(tuple(self._ids), self._voice is Voice.ANSWER))
            self._ids = []

    def _switch(self, voice: Voice) -> None:
        if voice != self._voice:
            self.close()
            self._voice = voice

    def _flush_text(self) -> None:
        if self._text:
            self._ids.extend(self._tokenizer.encode(self._text))
            self._text = ""
