"""What a plugin builds: five small protocols. Everything else in Sensorium only uses these.

Legend for shapes: B batch, T positions of one item, K positions after projection, D_encoder and
D_llm widths, V vocabulary. Tensors are float32, bfloat16 or float16 on the component's device
unless stated otherwise; ids are int64.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from torch import Tensor, nn

    from .lora import LoraOptions

Progress = Callable[[float], None]
"""Told how many seconds of a recording are done; what it raises ends the work."""


@dataclass(frozen=True, slots=True)
class FeatureShape:
    """What an encoder will produce, known from its configuration alone.

    `positions` is the number of positions of one item, or None where it varies with the item;
    `grid` is (rows, columns) where the positions are a picture's patches in row-major order.
    """

    width: int
    positions: int | None = None
    grid: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class LanguageModelShape:
    """What a language model will be, known from its configuration alone."""

    width: int
    vocabulary: int
    context_length: int


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a backend can take. An input outside of it is refused, never dropped."""

    embeddings: bool = True


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of recognised speech, in seconds from the start of the recording."""

    start_seconds: float
    end_seconds: float
    text: str


@dataclass(frozen=True, slots=True)
class Transcript:
    """What a transcriber heard: the text, its language (ISO 639) and the timed segments.

    Where nothing was said, both text and language are empty.
    """

    text: str
    language: str
    segments: tuple[Segment, ...] = ()


@runtime_checkable
class Encoder(Protocol):
    """Media → features. `fingerprint` names weights, layer and preprocessing together."""

    modality: str
    width: int
    fingerprint: str

    def prepare(self, media: Any) -> Tensor:
        """One item, preprocessed exactly alike in training and in chat; any shape it likes."""
        ...

    def encode(self, batch: Sequence[Tensor]) -> list[Tensor]:
        """Prepared items → features, each [T_i, D_encoder]."""
        ...

    def save(self, folder: Path) -> None:
        """Write a folder that `checkpoint: folder` loads again (safetensors)."""
        ...


@runtime_checkable
class Transcriber(Protocol):
    """Media → text. Called from threads of its own, beside encoders."""

    modality: str

    def transcribe(self, media: Any, *, progress: Progress | None = None) -> Transcript:
        """The whole recording as text with timed segments; no text where nothing was said."""
        ...

    def save(self, folder: Path) -> None:
        """Write a folder that `checkpoint: folder` loads again."""
        ...


@runtime_checkable
class Projector(Protocol):
    """Features → embeddings the language model can read. In fact an `nn.Module`."""

    def __call__(self, features: Tensor) -> Tensor:
        """[..., T, D_encoder] → [..., K, D_llm] with K = positions(T)."""
        ...

    def positions(self, length: int) -> int:
        """How many positions come out for `length` positions in."""
        ...


class Tokenizer(Protocol):
    """Text ↔ ids. Text is always literal: `encode` never yields a control token."""

    def encode(self, text: str) -> list[int]:
        """Literal text → ids; `<|endoftext|>` in it becomes ordinary letters."""
        ...

    def control(self, token: str) -> int:
        """The id of a control token such as `<|endoftext|>`; CheckpointError where unknown."""
        ...

    def decode(self, ids: Sequence[int]) -> str:
        """Ids → text, control tokens left out."""
        ...

    def save(self, folder: Path) -> None:
        """Write `tokenizer.json` into `folder`."""
        ...


class Session(Protocol):
    """One KV cache. `append` and `truncate` are all that decoding needs."""

    @property
    def length(self) -> int:
        """Positions held."""
        ...

    @property
    def nbytes(self) -> int:
        """Memory taken, in bytes: all of it, also what `truncate` left behind."""
        ...

    def append(self, embeddings: Tensor, *, last: int = 1) -> Tensor:
        """[T, D_llm] → logits [last, V] (float32) of the last `last` positions."""
        ...

    def truncate(self, length: int) -> None:
        """Forget every position from `length` on."""
        ...


@runtime_checkable
class ForkableSession(Session, Protocol):
    """A session whose beginning can be copied, so that conversations share what they have read.

    Without it a prompt that begins like another conversation is read from its first position.
    """

    def fork(self, length: int) -> Session:
        """A new session with the first `length` positions, which from now on goes its own way.

        It costs a copy, never a run of the model.
        """
        ...


class LanguageModel(Protocol):
    """Embeddings → logits, one session per conversation."""

    width: int
    vocabulary: int
    context_length: int
    capabilities: Capabilities
    fingerprint: str

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer of this checkpoint."""
        ...

    def embed(self, ids: Tensor) -> Tensor:
        """[T] → [T, D_llm]."""
        ...

    def open_session(self) -> Session:
        """An empty KV cache."""
        ...

    def save(self, folder: Path) -> None:
        """Write a folder that `checkpoint: folder` loads again (safetensors + tokenizer)."""
        ...


@runtime_checkable
class TrainableEncoder(Encoder, Protocol):
    """An encoder whose weights a training stage may change."""

    module: nn.Module

    def features(self, inputs: Tensor) -> Tensor:
        """Stacked prepared items [B, ...] → features [B, T, D_encoder], with gradients."""
        ...


@runtime_checkable
class VariableEncoder(Encoder, Protocol):
    """An encoder whose items differ in length: its `FeatureShape.positions` is None.

    Training needs to know the length of an item before it is encoded.
    """

    def positions(self, prepared: Tensor) -> int:
        """How many positions a prepared item will have: the T_i of its features."""
        ...

    def features_of(self, batch: Sequence[Tensor]) -> list[Tensor]:
        """As `encode`, each [T_i, D_encoder], with gradients where weights require them."""
        ...


@runtime_checkable
class TrainableLanguageModel(LanguageModel, Protocol):
    """A language model that a training stage may run with gradients."""

    module: nn.Module

    def hidden(self, embeddings: Tensor, mask: Tensor, position_ids: Tensor) -> Tensor:
        """Final hidden states, before the vocabulary head.

        embeddings [B, T, D_llm]; mask [B, 1, T, T] bool, True where attention is allowed;
        position_ids [B, T] int64 → [B, T, D_llm].
        """
        ...

    def logits(self, hidden: Tensor) -> Tensor:
        """The vocabulary head: [N, D_llm] → [N, V]."""
        ...


@dataclass(frozen=True, slots=True)
class Block:
    """Positions `start` … `end` of a row that attend to each other and to nothing else.

    Causally, or as `mask` says: [n, n] bool with n = end - start, True where attention is allowed.
    """

    row: int
    start: int
    end: int
    mask: Tensor | None = None


@runtime_checkable
class BlockwiseLanguageModel(TrainableLanguageModel, Protocol):
    """A language model that does not compute what a mask would throw away."""

    def hidden_in_blocks(
        self, embeddings: Tensor, blocks: Sequence[Block], position_ids: Tensor
    ) -> Tensor:
        """As `hidden`: [B, T, D_llm] and [B, T] → [B, T, D_llm].

        `blocks` stand in the order of rows and positions and do not overlap; what is in none of
        them is padding at the end of a row, whose result nobody reads.
        """
        ...


@runtime_checkable
class AdaptableLanguageModel(TrainableLanguageModel, Protocol):
    """A language model that can learn in a low-rank adapter instead of in its weights."""

    def add_lora(self, options: LoraOptions, *, seed: int = 0) -> None:
        """Inject a fresh adapter into `module`, which at first changes no output.

        Afterwards only the adapter's parameters require gradients, and `save` writes the weights
        unchanged with the adapter beside them. ConfigError where there is an adapter already.
        """
        ...

    def check_merge(self) -> None:
        """ConfigError where `merge_lora` would fail: asked before anything is learned."""
        ...

    def merge_lora(self) -> None:
        """Add the adapter into the weights; ConfigError where these cannot hold it (nf4).

        The model answers as it did with the adapter, but for rounding to the type of its weights,
        and does so when it is saved and loaded again.
        """
        ...
