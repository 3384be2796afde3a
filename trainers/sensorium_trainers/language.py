"""The objective of every other stage: predict the next token, where a sample says so.

Legend: B rows, T positions of the longest row, N media items, K positions of one item, D width,
M targets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from sensorium.contracts import (
    Block,
    BlockwiseLanguageModel,
    TrainableEncoder,
    TrainableLanguageModel,
)
from sensorium.errors import ConfigError
from sensorium.messages import Media
from sensorium.pipeline import Pipeline
from sensorium.specs import Sample, TextSample
from torch import Tensor, nn
from torch.nn import functional

from .batching import attention_mask, batch_of
from .features.frozen import FrozenEncoder, Item
from .features.options import FeatureOptions
from .filling import fill
from .objective import PipelineObjective, module, variable
from .packing import Packer, Row


class LanguageObjective(PipelineObjective):
    """Next-token loss on answers, plus dense targets at media positions where there are any."""

    def __init__(
        self,
        pipeline: Pipeline,
        *,
        media_label_weight: float = 0.0,
        row_positions: int | None = None,
        features: FeatureOptions | None = None,
    ) -> None:
        super().__init__(pipeline)
        self.media_label_weight = media_label_weight
        self.row_positions = row_positions
        self.frozen = {
            planned.modality: FrozenEncoder(
                pipeline.senses[planned.modality].encoder,
                features,
                positions=planned.source.positions,
            )
            for planned in pipeline.plan.senses
            if features is not None
        }
        self.llm = self.model.module
        self.encoder = nn.ModuleDict(
            {
                name: sense.encoder.module
                for name, sense in pipeline.senses.items()
                if isinstance(sense.encoder, TrainableEncoder)
            }
        )
        self.projector = nn.ModuleDict(
            {name: module(sense.projector) for name, sense in pipeline.senses.items()}
        )
        self.packer = Packer(
            pipeline.llm.tokenizer,
            pipeline.template,
            self._positions_of,
            system=pipeline.system,
            context_length=pipeline.llm.context_length,
        )
        self._positions = {
            planned.modality: planned.source.positions for planned in pipeline.plan.senses
        }
        # Media are looked at when their sample becomes a row, and kept for its batch.
        self._seen: dict[str, Tensor | Item] = {}

    @property
    def model(self) -> TrainableLanguageModel:
        """The language model; ConfigError if its backend cannot be trained."""
        llm = self.pipeline.llm
        if not isinstance(llm, TrainableLanguageModel):
            raise ConfigError(
                f"The language model '{self.pipeline.plan.llm.name}' cannot be trained on this "
                "backend"
            )
        return llm

    def _positions_of(self, media: Media) -> int:
        if media.modality not in self._positions:
            known = ", ".join(["text", *sorted(self._positions)])
            raise ConfigError(
                f"The data has {media.modality}, but the model takes {known}", where="data"
            )
        sense = self.pipeline.senses[media.modality]
        length = self._positions[media.modality]
        if length is None:
            encoder = variable(sense.encoder)
            seen = self._look(media)
            tensor = seen.tensor if isinstance(seen, Item) else seen
            encoded = isinstance(seen, Item) and seen.known
            length = len(tensor) if encoded else encoder.positions(tensor)
        return sense.projector.positions(length)

    def _look(self, media: Media) -> Tensor | Item:
        """What the encoder takes; where it is frozen, an item that may have its features."""
        if media.key not in self._seen:
            frozen = self.frozen.get(media.modality)
            encoder = self.pipeline.senses[media.modality].encoder
            seen = frozen.look(media) if frozen else encoder.prepare(media.value)
            self._seen[media.key] = seen
        return self._seen[media.key]

    def row(self, sample: Sample | TextSample) -> Row:
        """Its positions, packed."""
        row = self.packer.pack(sample)
        for slot in row.slots:  # a damaged file shows here, where another can take its place
            self._look(slot.media)
        return row

    def length(self, sample: Sample | TextSample) -> int:
        """Of its row; nothing is decoded for it but media of any length."""
        return len(self.packer.pack(sample).ids)

    def batch(self, rows: Sequence[Row]) -> dict[str, Any]:
        """Rows → tensors; equal media of a batch are encoded once."""
        if self.row_positions is not None:
            rows = fill(rows, self.row_positions)
        varying = [name for name, positions in self._positions.items() if positions is None]
        batch = batch_of(rows, dict.fromkeys(self._positions, self._look), {*varying, *self.frozen})
        self._seen.clear()
        return batch

    def notes(self) -> list[str]:
        """How often the encoders had to run."""
        return [encoder.summary() for encoder in self.frozen.values()]

    def forward(
        self,
        ids: Tensor,
        position_ids: Tensor,
        samples: Tensor,
        segments: Tensor,
        blocks: Sequence[Block],
        media: Mapping[str, Tensor | list[Tensor] | list[Item]],
        places: Mapping[str, Tensor],
        targets: Tensor,
        dense: Tensor,
    ) -> dict[str, Tensor]:
        """→ `loss` and its parts, means over the targets of the batch."""
        embeddings = self.embed(ids, media, places)
        model = self.model
        # On a GPU one kernel with a mask beats many without; and each new division into blocks
        # would be compiled anew.
        on_cpu = embeddings.device.type == "cpu" and not torch.compiler.is_compiling()
        if on_cpu and isinstance(model, BlockwiseLanguageModel):
            hidden = model.hidden_in_blocks(embeddings, blocks, position_ids)
        else:
            hidden = model.hidden(embeddings, attention_mask(samples, segments), position_ids)
        hidden = hidden.flatten(0, 1)
        loss = self._predict(hidden, targets)
        parts = {"answer_loss": loss.detach()}
        if self.media_label_weight and len(dense):
            said = self._predict(hidden, dense)
            placed = self._name(embeddings.flatten(0, 1), dense)
            loss = loss + self.media_label_weight * (said + placed)
            parts |= {"media_loss": said.detach(), "naming_loss": placed.detach()}
        return {"loss": loss, **parts}

    def embed(
        self,
        ids: Tensor,
        media: Mapping[str, Tensor | list[Tensor] | list[Item]],
        places: Mapping[str, Tensor],
    ) -> Tensor:
        """ids [B, T] → embeddings [B, T, D], media items in their places."""
        embeddings = self.model.embed(ids.reshape(-1))
        for modality, inputs in media.items():
            starts, which = places[modality].unbind(1)
            features = self._features(modality, inputs, ids.device)
            if isinstance(features, Tensor):
                projected = self._projected(modality, features)
                at = starts[:, None] + torch.arange(projected.shape[1], device=ids.device)
                at, shown = at.reshape(-1), projected[which].flatten(0, 1)
            else:
                of_items = [self._projected(modality, item) for item in features]
                items = [of_items[index] for index in which.tolist()]
                runs = [torch.arange(len(item), device=ids.device) for item in items]
                at = torch.cat([start + run for start, run in zip(starts, runs, strict=True)])
                shown = torch.cat(items)
            embeddings = embeddings.index_copy(0, at, shown.to(embeddings.dtype))
        return embeddings.view(*ids.shape, -1)

    def _features(
        self, modality: str, inputs: Tensor | list[Tensor] | list[Item], device: torch.device
    ) -> Tensor | list[Tensor]:
        """N items → [N, T, D_encoder], or N times [T_i, D_encoder] where they differ in length."""
        if modality in self.frozen:
            items = [item for item in inputs if isinstance(item, Item)]
            known = self.frozen[modality].features(items, device)
            return known if self._positions[modality] is None else torch.stack(known)
        encoder = self.pipeline.senses[modality].encoder
        weights = getattr(encoder, "module", nn.Module()).parameters()
        learns = any(weight.requires_grad for weight in weights)
        if not isinstance(inputs, Tensor):
            prepared = [item for item in inputs if isinstance(item, Tensor)]
            encode = variable(encoder).features_of if learns else encoder.encode
            return [item.to(device) for item in encode(prepared)]
        if isinstance(encoder, TrainableEncoder):
            with torch.set_grad_enabled(learns and torch.is_grad_enabled()):
                return encoder.features(inputs)
        # One that cannot be trained serves all the same, as it is.
        return torch.stack(encoder.encode(list(inputs))).to(device)

    def _projected(self, modality: str, features: Tensor) -> Tensor:
        """[..., T, D_encoder] → [..., K, D]."""
        projector = self.projector[modality]
        kind = next((weight.dtype for weight in projector.parameters()), features.dtype)
        projected: Tensor = projector(features.to(kind))
        return projected

    def _predict(self, hidden: Tensor, targets: Tensor) -> Tensor:
        """Mean cross-entropy of the vocabulary head at `targets` [M, 2]; 0 where M is 0."""
        if not len(targets):
            return hidden.sum() * 0
        logits = self.model.logits(hidden[targets[:, 0]])
        return functional.cross_entropy(logits.float(), targets[:, 1])

    def _name(self, embeddings: Tensor, dense: Tensor) -> Tensor:
        """Pulls a projected position towards the embeddings of the words that describe it."""
        at = functional.layer_norm(embeddings[dense[:, 0]], embeddings.shape[-1:])
        words = self.model.embed(torch.arange(self.model.vocabulary, device=dense.device))
        return functional.cross_entropy((at @ words.T).float(), dense[:, 1])
