"""Samples → rows of positions: what is read, what may attend to what, and what is learned.

Conversations of one sample that begin alike (the same picture, the same system text) stand in one
row behind one copy of that beginning. Each sees the beginning and itself, at the positions it
would have alone, so the loss equals that of separate rows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from sensorium.contracts import Tokenizer
from sensorium.errors import ConfigError, SampleError
from sensorium.messages import Media, Message, has_words
from sensorium.render import Piece, TextPiece, end_id, render
from sensorium.specs import ChatTemplate, Sample, TextSample, TokenSample

from .errors import EMPTY_TEXT, NOTHING_SAID


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a media item's first position stands in a row."""

    start: int
    media: Media


@dataclass
class Row:
    """One packed row of T positions.

    `starts` are the first positions of its samples, which see nothing of each other. In a sample
    `segments[i]` is 0 in the shared beginning and n ≥ 1 in the n-th conversation. `targets` and
    `dense` are (position, id): the token to predict there. `dense` come from media labels.
    """

    ids: list[int] = field(default_factory=list)
    segments: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)
    targets: list[tuple[int, int]] = field(default_factory=list)
    dense: list[tuple[int, int]] = field(default_factory=list)
    starts: list[int] = field(default_factory=lambda: [0])


def refuse_idle(row: Row, taught: Collection[str]) -> None:
    """SampleError where only these modalities teach and it has none: no gradient would flow."""
    if taught and not any(slot.media.modality in taught for slot in row.slots):
        raise SampleError(
            f"It teaches nothing: it has no {' or '.join(sorted(taught))}, and the language "
            "model is frozen"
        )


@dataclass(frozen=True, slots=True)
class _Position:
    """One position of a conversation: a token, or the n-th position of a media item."""

    key: Hashable
    id: int = 0
    answer: bool = False
    media: Media | None = None
    offset: int = 0


class Packer:
    """Renders and packs samples for one model."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        template: ChatTemplate,
        positions_of: Callable[[Media], int],
        *,
        system: str | None = None,
        context_length: int,
        label_media: bool = True,
    ) -> None:
        self.tokenizer = tokenizer
        self.template = template
        self.positions_of = positions_of
        self.system = system
        self.context_length = context_length
        self.label_media = label_media
        self._words: dict[str, int] = {}

    def pack(self, sample: Sample | TextSample | TokenSample) -> Row:
        """One row; SampleError where a conversation is longer than the context window, and where
        there is nothing to learn: no answer with words in it, or a text without any.
        """
        if isinstance(sample, TextSample):
            return self._pack_text(sample)
        if isinstance(sample, TokenSample):
            return _pack_tokens(sample)
        if not isinstance(sample, Sample):
            raise ConfigError(
                f"This stage learns from conversations or text; the data gives "
                f"{type(sample).__name__}",
                where="data",
            )
        conversations = [self._positions(conversation) for conversation in sample.conversations]
        shared = _shared(conversations)
        row = Row()
        for position in conversations[0][:shared]:
            self._put(row, position, len(row.ids), 0)
        for number, conversation in enumerate(conversations, start=1):
            start = len(row.ids) - shared
            for index in range(shared, len(conversation)):
                position = conversation[index]
                # The position before the answer's token predicts it; the very first has none.
                if position.answer and index:
                    row.targets.append((start + index - 1, position.id))
                self._put(row, position, index, number)
        if self.label_media:
            self._label_media(row, sample)
        if not row.targets and not row.dense:
            raise SampleError(NOTHING_SAID)
        return row

    def _pack_text(self, sample: TextSample) -> Row:
        """Plain text between two end tokens, as in a corpus of documents; every token is learned.
        After a text that was cut off there is none.

        Longer text stands in several pieces of the context window. A piece begins with the last
        token of the one before, so that no token is left out and none is learned twice.
        """
        if not has_words(sample.text):
            raise SampleError(EMPTY_TEXT)
        ids = self.tokenizer.encode(sample.text)
        end = end_id(self.template, self.tokenizer)
        ids = [end, *ids, *([end] if sample.ended else [])]
        row = Row()
        for number, start in enumerate(range(0, len(ids) - 1, self.context_length - 1), start=1):
            piece = ids[start : start + self.context_length]
            row.targets.extend((len(row.ids) + i - 1, id_) for i, id_ in enumerate(piece) if i)
            row.ids.extend(piece)
            row.segments.extend([number] * len(piece))
            row.positions.extend(range(len(piece)))
        return row

    def _positions(self, conversation: Sequence[Message]) -> list[_Position]:
        pieces = render(
            conversation, self.template, self.tokenizer, system=self.system, reply=False
        )
        found = [position for piece in pieces for position in self._expand(piece)]
        if len(found) > self.context_length:
            raise SampleError(
                f"A conversation takes {len(found)} positions; the model reads "
                f"{self.context_length}"
            )
        return found

    def _expand(self, piece: Piece) -> list[_Position]:
        if isinstance(piece, TextPiece):
            return [_Position(key=token, id=token, answer=piece.answer) for token in piece.ids]
        return [
            _Position(key=(piece.media.key, offset), media=piece.media, offset=offset)
            for offset in range(self.positions_of(piece.media))
        ]

    def _put(self, row: Row, position: _Position, index: int, segment: int) -> None:
        if position.media is not None and position.offset == 0:
            row.slots.append(Slot(len(row.ids), position.media))
        row.ids.append(position.id)
        row.segments.append(segment)
        row.positions.append(index)

    def _label_media(self, row: Row, sample: Sample) -> None:
        if not sample.media_labels:
            return  # and no media are decoded to learn their digest
        for slot in row.slots:
            labels = sample.media_labels.get(slot.media.digest, ())
            count = self.positions_of(slot.media)
            if labels and len(labels) != count:
                raise ConfigError(
                    f"The data describes {len(labels)} positions of each {slot.media.modality}, "
                    f"but the projector gives {count}",
                    where="media_label_weight",
                    hint="With 0 it learns from the answers alone.",
                )
            for offset, words in enumerate(labels):
                row.dense.extend((slot.start + offset, self._word(word)) for word in words)

    def _word(self, word: str) -> int:
        """The first token of a word inside a sentence."""
        if word not in self._words:
            self._words[word] = self.tokenizer.encode(f" {word}")[0]
        return self._words[word]


def _pack_tokens(block: TokenSample) -> Row:
    """Documents side by side: each counts its positions from 0, and sees itself alone."""
    row = Row(ids=list(block.inputs), targets=list(enumerate(block.targets)))
    bounds = sorted({0, *block.starts, len(row.ids)})
    for number, (start, end) in enumerate(pairwise(bounds), start=1):
        row.segments.extend([number] * (end - start))
        row.positions.extend(range(end - start))
    return row


def _shared(conversations: list[list[_Position]]) -> int:
    """Length of the common beginning; it ends before the first answer's predictor."""
    if len(conversations) == 1:
        return 0
    first = conversations[0]
    length = min(
        next((i for i, p in enumerate(conversation) if p.answer), len(conversation)) - 1
        for conversation in conversations
    )
    for index in range(length):
        if any(other[index].key != first[index].key for other in conversations):
            return index
    return max(length, 0)
