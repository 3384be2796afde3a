"""An encoder that does not learn, and remembers what it saw.

Legend: T positions of one item, D_encoder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from sensorium.conformance import require_features
from sensorium.contracts import Encoder, FeatureShape
from sensorium.errors import ConfigError, PerceptionError
from sensorium.fingerprint import combine
from sensorium.messages import Media
from torch import Tensor, nn

from sensorium_trainers.objective import variable

from .options import FeatureOptions
from .store import FeatureStore


@dataclass(frozen=True, slots=True)
class Item:
    """A media item on its way to the projector.

    `tensor` is its features [T, D_encoder] where they are `known`, else what the encoder takes.
    """

    key: str
    tensor: Tensor
    known: bool


class FrozenEncoder:
    """Encodes what no run has encoded before. Features depend on encoder and media alone.

    Each item is therefore encoded by itself, for in a batch its last bits would depend on the
    others; outside of autocast, for that is of one run; and rounded as it is kept.
    """

    def __init__(
        self, encoder: Encoder, options: FeatureOptions, *, positions: int | None = None
    ) -> None:
        """`positions` of an item, where all have as many."""
        self.encoder = encoder
        self._positions = positions
        self.dtype: torch.dtype = getattr(torch, options.dtype)
        self.store = FeatureStore(options.folder, _name(encoder, options), options.max_bytes)
        self.found = self.encoded = 0
        weight = _weight(encoder)
        self._place = "cpu" if weight is None else weight.device.type

    def look(self, media: Media) -> Item:
        """Its features, or it prepared; MediaError where it must be decoded and cannot be."""
        features = self.store.get(media.key)
        if features is not None:
            return Item(media.key, features, known=True)
        return Item(media.key, self.encoder.prepare(media.value), known=False)

    def ensure(self, media: Media) -> bool:
        """Encode it where its features are not kept and there is room; → whether they were."""
        item = self.look(media)
        if item.known or not self.store.closed:
            self._features(item)
        return item.known

    def features(self, items: Sequence[Item], device: torch.device) -> list[Tensor]:
        """Each [T, D_encoder] on `device`; what was not known is kept."""
        return [self._features(item).to(device) for item in items]

    def _features(self, item: Item) -> Tensor:
        if item.known:
            self.found += 1
            return item.tensor
        self.encoded += 1
        exact = self._encode(item.tensor)
        rounded = exact.to("cpu", self.dtype)
        if torch.isfinite(rounded).all():
            self.store.put(item.key, rounded)
        elif torch.isfinite(exact).all():
            raise ConfigError(
                f"Features of the {self.encoder.modality} encoder reach "
                f"{float(exact.abs().max()):.3g}, more than {str(self.dtype).partition('.')[2]} "
                "holds",
                where="features.dtype",
                hint="Use bfloat16.",
            )
        return rounded

    def _encode(self, prepared: Tensor) -> Tensor:
        """One item → [T, D_encoder]; NaN where the encoder fails on it, which skips the step."""
        try:
            with torch.autocast(self._place, enabled=False):
                (features,) = self.encoder.encode([prepared])
        except PerceptionError:
            length = self._positions or variable(self.encoder).positions(prepared)
            return torch.full((length, self.encoder.width), torch.nan)
        shape = FeatureShape(self.encoder.width, self._positions)
        require_features([features], f"The {self.encoder.modality} encoder", 1, shape)
        return features.detach()

    def summary(self) -> str:
        """`image features: 5,120 found, 24 encoded`, and why no more are kept."""
        said = f"{self.encoder.modality} features: {self.found:,} found, {self.encoded:,} encoded"
        closed = f"; {self.store.folder} takes no more: {self.store.closed}"
        return said + closed if self.store.closed else said


def _name(encoder: Encoder, options: FeatureOptions) -> str:
    """The fingerprint leaves out the type of the weights; here it decides the features."""
    weight = _weight(encoder)
    made = combine("1", encoder.fingerprint, "" if weight is None else str(weight.dtype))
    return f"{encoder.modality}-{made}-{options.dtype}"


def _weight(encoder: Encoder) -> Tensor | None:
    """Any of its weights; None where it is no module."""
    module: nn.Module | None = getattr(encoder, "module", None)
    return None if module is None else next(module.parameters(), None)
