"""Media slots → embeddings: encoder, then projector, once per content.

Legend: T positions, D_llm width. A *key* names one position by content: a token id, or a media
digest with the position's index. Equal keys in front mean an equal prefix, which is what lets a
session keep its KV.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .cache import TensorCache
from .conformance import require_embeddings, require_features
from .errors import PerceptionError, UnsupportedInputError, blamed
from .messages import Media
from .render import MediaPiece, Piece, TextPiece
from .stopwatch import Stopwatch

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from .contracts import Encoder, FeatureShape, LanguageModel, Projector
    from .hearing import Hearing


@dataclass(frozen=True, slots=True, eq=False)
class Prompt:
    """What the language model reads: embeddings [T, D_llm] and one key per position."""

    embeddings: Tensor
    keys: tuple[Hashable, ...]


class Sense:
    """One modality of a pipeline: an encoder with its projector and a memory of what they saw."""

    def __init__(
        self,
        encoder: Encoder,
        projector: Projector,
        source: FeatureShape,
        width: int,
        *,
        max_bytes: int = 256 * 2**20,
    ) -> None:
        """`source` is what the encoder said it gives, `width` what the language model takes.

        What was seen last is remembered in `max_bytes`.
        """
        self.encoder = encoder
        self.projector = projector
        self.source = source
        self.width = width
        self._positions = projector.positions
        self._seen = TensorCache(max_bytes)

    def perceive(self, media: Sequence[Media], watch: Stopwatch | None = None) -> list[Tensor]:
        """Each media item as embeddings [K, D_llm]; unknown ones are encoded in one batch."""
        known = {item.digest: self._seen.get(item.digest) for item in media}
        unknown = {item.digest: item for item in media if known[item.digest] is None}
        if unknown:
            encoded = self._encode([*unknown.values()], watch or Stopwatch())
            for digest, embeddings in zip(unknown, encoded, strict=True):
                known[digest] = embeddings
                self._seen.put(digest, embeddings)
        return [tensor for item in media if (tensor := known[item.digest]) is not None]

    def _encode(self, media: Sequence[Media], watch: Stopwatch) -> list[Tensor]:
        import torch

        encoder = self.encoder
        name = f"The {encoder.modality} encoder"
        with blamed(name, PerceptionError):
            with watch.phase("prepare"):
                prepared = [encoder.prepare(item.value) for item in media]
            with watch.phase("encode"):
                features = encoder.encode(prepared)
            require_features(features, name, len(media), self.source)
        dtype = _dtype(self.projector)
        name = f"The {encoder.modality} projector"
        with blamed(name, PerceptionError), watch.phase("project"), torch.inference_mode():
            # A half-precision encoder may stand before a projector in float32.
            embeddings = [self.projector(item.to(dtype or item.dtype)) for item in features]
            for given, item in zip(features, embeddings, strict=True):
                if len(given):
                    require_embeddings(item, name, self._positions(len(given)), self.width)
        for given, item in zip(features, embeddings, strict=True):
            if not _sound(item):
                guilty = "encoder" if not _sound(given) else "projector"
                raise PerceptionError(
                    f"The {encoder.modality} {guilty} gave nothing, or values that are not finite"
                )
        return embeddings


def _sound(rows: Tensor) -> bool:
    """[T, D]: at least one row, and all values finite."""
    return len(rows) > 0 and bool(rows.isfinite().all())


def _dtype(projector: Projector) -> torch.dtype | None:
    """The type of a projector's weights; None where it has none and takes any."""
    parameters: Iterable[Tensor] = getattr(projector, "parameters", tuple)()
    return next((parameter.dtype for parameter in parameters), None)


def require_sense(modality: str, senses: Iterable[str]) -> None:
    """UnsupportedInputError unless `modality` is among a model's senses."""
    known = set(senses)
    if modality not in known:
        raise UnsupportedInputError(
            f"This model cannot perceive {modality}; it takes "
            f"{', '.join(['text', *sorted(known)])}.",
            hint=f"Add encoders.{modality} to the recipe.",
        )


class Perception:
    """Turns rendered pieces into what the language model reads.

    `senses` project features; `hearings` write down what was said, before anything is rendered.
    """

    def __init__(
        self,
        llm: LanguageModel,
        senses: Mapping[str, Sense],
        hearings: Mapping[str, Hearing] | None = None,
    ) -> None:
        self.llm = llm
        self.senses = senses
        self.hearings = hearings or {}

    def check(self, media: Iterable[Media]) -> None:
        """Refuse media that this model has no sense for."""
        for item in media:
            require_sense(item.modality, [*self.senses, *self.hearings])

    def perceive(self, pieces: Sequence[Piece], watch: Stopwatch | None = None) -> Prompt:
        """Pieces → embeddings in order, each media slot filled by its own item."""
        import torch

        media = [piece.media for piece in pieces if isinstance(piece, MediaPiece)]
        self.check(media)
        seen = self.see(media, watch)
        chunks: list[Tensor] = []
        keys: list[Hashable] = []
        for piece in pieces:
            if isinstance(piece, TextPiece):
                with torch.no_grad():
                    chunks.append(self.llm.embed(torch.tensor(piece.ids, dtype=torch.int64)))
                keys.extend(piece.ids)
            else:
                embeddings = seen[piece.media]
                chunks.append(embeddings.to(chunks[0].dtype) if chunks else embeddings)
                keys.extend((piece.media.digest, index) for index in range(len(embeddings)))
        return Prompt(torch.cat(chunks), tuple(keys))

    def see(self, media: Iterable[Media], watch: Stopwatch | None = None) -> dict[Media, Tensor]:
        """Each item that a sense projects, as embeddings [K, D_llm]; others are left out."""
        media = dict.fromkeys(media)
        seen: dict[Media, Tensor] = {}
        for modality, sense in self.senses.items():
            wanted = [item for item in media if item.modality == modality]
            if wanted:
                seen.update(zip(wanted, sense.perceive(wanted, watch), strict=True))
        return seen
