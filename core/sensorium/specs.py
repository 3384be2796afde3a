"""What plugins yield: frozen descriptions with lazy builders.

A spec is cheap: making one imports no torch. `inspect` reads configuration only, so that every
width can be checked before any weight is read; `build` does the heavy work.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from .errors import InputTypeError
from .messages import Message
from .text_files import MARK

if TYPE_CHECKING:
    import click
    from torch import Tensor

    from .answer import Answering
    from .contracts import (
        Encoder,
        FeatureShape,
        LanguageModel,
        LanguageModelShape,
        Projector,
        Transcriber,
    )
    from .footprint import Footprint
    from .media.item import Media
    from .options import Options


def _no_objection(options: Any) -> None:
    return None


@dataclass(frozen=True, slots=True)
class EncoderSpec:
    """An encoder: media of one modality → features."""

    name: str
    modality: str
    summary: str
    options: type[Options]
    inspect: Callable[[Any], FeatureShape]
    build: Callable[[Any, str], Encoder]
    """`build(options, device)`; device is 'cpu', 'cuda', 'cuda:1' …, or 'meta': then the shapes
    alone are wanted (`sensorium train --dry-run`), and no weights need be there."""
    footprint: Callable[[Any], Footprint] | None = None
    """`footprint(options)` says what it takes of this machine, from shapes alone; without it
    `sensorium doctor` cannot tell."""
    convert: Callable[[Any, Path], Mapping[str, Any]] | None = None
    """As a language model's."""


@dataclass(frozen=True, slots=True)
class TranscriberSpec:
    """A transcriber: media of one modality → text."""

    name: str
    modality: str
    summary: str
    options: type[Options]
    build: Callable[[Any, str], Transcriber]
    inspect: Callable[[Any], None] = _no_objection
    """`inspect(options)` raises CheckpointError where it is plain, without loading, that `build`
    must fail; transcribers are built when somebody first speaks, which is late to learn it."""
    footprint: Callable[[Any], Footprint] | None = None
    """As an encoder's; memory alone counts, for how long it listens depends on what is said."""


@dataclass(frozen=True, slots=True)
class ProjectorSpec:
    """A projector: features → embeddings of the language model's width."""

    name: str
    summary: str
    options: type[Options]
    build: Callable[[Any, FeatureShape, int], Projector]
    """`build(options, source, target_width)`; random weights, on the current default device."""


@dataclass(frozen=True, slots=True)
class LanguageModelSpec:
    """A language model with its tokenizer."""

    name: str
    summary: str
    options: type[Options]
    inspect: Callable[[Any], LanguageModelShape]
    build: Callable[[Any, str], LanguageModel]
    """`build(options, device)`, the device as for an encoder."""
    footprint: Callable[[Any], Footprint] | None = None
    """As an encoder's."""
    convert: Callable[[Any, Path], Mapping[str, Any]] | None = None
    """`convert(options, folder)` writes into `folder` what a quicker backend runs; → the settings
    that load it from there. None where the plugin has no such backend."""


@dataclass(frozen=True, slots=True)
class Turn:
    """How a template writes one role's message: `before`, the content, then `after`.

    `before` and `after` are template text in which `<|...|>` control tokens are recognised; the
    content never is. `separator` stands between `before` and a content that begins with text.
    """

    before: str = ""
    after: str = ""
    separator: str = ""


@dataclass(frozen=True, slots=True)
class ChatTemplate:
    """A conversation format. `stop` lists the control tokens that end an answer."""

    name: str
    summary: str
    turns: Mapping[str, Turn]
    stop: tuple[str, ...]
    system: str = ""
    media_separator: str = ""
    """Literal text between a media slot and the text that follows it."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One unit of training data: conversations that may share their beginning.

    Conversations of one sample that begin with the same media and text are packed behind one
    copy of that beginning. `media_labels` optionally gives dense targets: for a media digest, for
    each of its positions, the words that describe what is there.
    """

    conversations: tuple[tuple[Message, ...], ...]
    media_labels: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for conversation in self.conversations:
            if not isinstance(conversation, tuple | list) or not all(
                isinstance(message, Message) for message in conversation
            ):
                raise InputTypeError(
                    "A sample is made of conversations, and each of these of messages",
                    hint="Sample(((Message.user('hi'), Message.assistant('Hello.')),))",
                )


@dataclass(frozen=True, slots=True)
class TextSample:
    """One unit of plain text for the stage `pretrain`: no roles, and every token is learned.

    A byte-order mark in front of it is no part of the text, whatever file it came from.
    """

    text: str
    ended: bool = True
    """False where the text was cut off: no end token follows it."""

    def __post_init__(self) -> None:
        # Readers of other libraries keep the mark of a file's beginning.
        object.__setattr__(self, "text", self.text.removeprefix(MARK))


@dataclass(frozen=True, slots=True)
class TokenSample:
    """One block of T positions of a corpus that is token ids already, for the stage `pretrain`.

    Position i reads `inputs[i]` and learns to predict `targets[i]`. `starts` are the positions
    whose target is the first token of a document: each document sees nothing of another.
    """

    inputs: Sequence[int]
    targets: Sequence[int]
    starts: Sequence[int]


@dataclass(frozen=True, slots=True)
class DenseSample:
    """One unit for the encoder stage: media and, per label set, a class for every position.

    `labels[name]` is an int64 tensor [T]; `-100` where nothing is to be learned.
    """

    media: Media
    labels: Mapping[str, Tensor]


@dataclass(frozen=True, slots=True)
class SpeechSample:
    """One unit for the stage `speech`: a recording and what is said in it; "" where nothing is.

    `sounds` optionally spells how it sounds, a letter of ASCII per sound: it helps the encoder.
    """

    media: Media
    text: str
    language: str = "en"
    sounds: str = ""


class SampleSource(Protocol):
    """A map-style dataset: sample `index` is the same in every run and every process.

    A record that cannot be used raises SampleError, or MediaError where a picture or a recording
    is damaged: a run skips it and counts it. Any other error ends the run.
    """

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Any: ...


@runtime_checkable
class Grouped(Protocol):
    """A source whose samples share what must not be on both sides of a split, as a picture.

    It then has this beside the methods of `SampleSource`.
    """

    def group(self, index: int) -> Hashable:
        """Equal for samples that belong together; read without opening their media."""
        ...


@dataclass(frozen=True, slots=True)
class DatasetFormat:
    """A way to read training data: `Sample`, `TextSample`, `TokenSample`, `DenseSample` or
    `SpeechSample`.
    """

    name: str
    summary: str
    options: type[Options]
    open: Callable[[Any], SampleSource]


@dataclass(frozen=True, slots=True)
class BundleSpec:
    """A complete model that comes with a plugin, found by name."""

    name: str
    summary: str
    folder: Callable[[], Path]
    examples: Callable[[], Sequence[tuple[Path, str]]] | None = None
    """Pictures with a question each, to begin with; the chat page shows them."""
    training: Callable[[], Path] | None = None
    """The plan that trains it from nothing: `sensorium train NAME`."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A scored task: `run(engine, limit)` yields progress rows and ends with the whole table."""

    name: str
    summary: str
    run: Callable[[Answering, int], Iterator[Mapping[str, Score]]]
    items: int = 1000
    """How many items are scored where the caller gives no limit."""


@dataclass(frozen=True, slots=True)
class Score:
    """`right` of `total`; `value` is their quotient."""

    right: float
    total: float

    @property
    def value(self) -> float:
        """The share that was right, 0 where nothing was asked."""
        return self.right / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the `sensorium` command line; `load` imports and returns it."""

    name: str
    summary: str
    load: Callable[[], click.Command]
