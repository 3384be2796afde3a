"""A sample → the token ids of its documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sensorium.contracts import Tokenizer
from sensorium.errors import ConfigError, SampleError
from sensorium.messages import has_words
from sensorium.render import TextPiece, end_id, render
from sensorium.specs import ChatTemplate, Sample, TextSample

from sensorium_trainers.errors import EMPTY_TEXT


class Documents:
    """Text as it is, conversations as a template writes them; the end token behind each.

    No end token follows a text that was cut off: what would be learned there is wrong.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        template: ChatTemplate,
        system: str | None = None,
    ) -> None:
        self.end = end_id(template, tokenizer)
        self._tokenizer = tokenizer
        self._template = template
        self._system = system

    def __call__(self, sample: Any) -> Iterator[list[int]]:
        """Ids of each; SampleError where it holds media, nothing, or an answer without words (which
        no other stage learns); ConfigError for other data.
        """
        if isinstance(sample, TextSample):
            if not has_words(sample.text):
                raise SampleError(EMPTY_TEXT)
            ids = self._tokenizer.encode(sample.text)
            yield [*ids, self.end] if sample.ended else ids
            return
        if not isinstance(sample, Sample):
            raise ConfigError(
                f"A corpus of tokens is made of text or conversations; the data gives "
                f"{type(sample).__name__}",
                where="data",
            )
        for conversation in sample.conversations:
            if any(message.media for message in conversation):
                raise SampleError("It holds media, which are no tokens")
            if any(turn.role == "assistant" and not turn.is_answer for turn in conversation):
                raise SampleError("It holds an answer without words, and all would be learned")
            pieces = render(
                conversation, self._template, self._tokenizer, system=self._system, reply=False
            )
            ids = [id_ for piece in pieces if isinstance(piece, TextPiece) for id_ in piece.ids]
            # Where the template ends an answer with the same token, it is there already.
            yield ids if ids[-1:] == [self.end] else [*ids, self.end]
