"""The objective of every other stage: predict the next token, where a sample says so.

Legend: B rows, T positions of the longest row, N media items, K positions of one item, D width,
M targets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
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
from sensorium.specs import Sample, TextSample, TokenSample
from torch import Tensor, nn
from torch.nn import functional

from .answering import Exchange, converse
from .batching import attention_mask, batch_of
from .encoding import encoded
from .features.frozen import FrozenEncoder, Item
from .features.options import FeatureOptions
from .filling import fill
from .losses import cross_entropy
from .objective import PipelineObjective, module, variable
from .packing import Packer, Row, refuse_idle
from .work import Work, cost, head_cost, learns, pairs


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
        self.llm = self.model.module
        at_media = dict.fromkeys(("media_loss", "naming_loss"), media_label_weight)
        self.terms = {"answer_loss": 1.0, **(at_media if media_label_weight else {})}
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
            label_media=media_label_weight > 0,
        )
        self._positions = {
            planned.modality: planned.source.positions for planned in pipeline.plan.senses
        }
        # Media are looked at when their sample becomes a row, and kept for its batch.
        self._seen: dict[str, Item] = {}

    @property
    def model(self) -> TrainableLanguageModel:
        """The language model; ConfigError if its backend cannot be trained."""
        llm = self.pipeline.llm
        if not isinstance(llm, TrainableLanguageModel):
            raise ConfigError(
                f"The language model '{self.pipeline.plan.llm.name}' cannot be trained on the "
                "backend that the recipe chooses",
                where="model.llm",
                hint="Train it on torch (llm.backend: torch), then quantize and convert it.",
            )
        return llm

    def _positions_of(self, media: Media) -> int:
        if media.modality not in self._positions:
            known = ", ".join(["text", *sorted(self._positions)])
            raise ConfigError(
                f"The data has {media.modality}, but the model takes {known}", where="data"
            )
        return self._lengths(media)[1]

    def _lengths(self, media: Media) -> tuple[int, int]:
        """→ positions of the encoder's features, and of what the projector makes of them."""
        sense = self.pipeline.senses[media.modality]
        length = self._positions[media.modality]
        if length is None:
            encoder, item = variable(sense.encoder), self._look(media)
            length = len(item.tensor) if item.known else encoder.positions(item.tensor)
        return length, sense.projector.positions(length)

    def _look(self, media: Media) -> Item:
        """Its features where they are kept, else what the encoder takes."""
        if media.key not in self._seen:
            frozen = self.frozen.get(media.modality)
            encoder = self.pipeline.senses[media.modality].encoder
            self._seen[media.key] = (
                frozen.look(media)
                if frozen
                else Item(media.key, encoder.prepare(media.value), known=False)
            )
        return self._seen[media.key]

    def _given(self, media: Media) -> Tensor | Item:
        """As `forward` takes it: an item where features are kept, else a tensor."""
        item = self._look(media)
        return item if media.modality in self.frozen else item.tensor

    def row(self, sample: Sample | TextSample | TokenSample) -> Row:
        """Its positions, packed."""
        row = self.packer.pack(sample)
        refuse_idle(row, self._taught)
        for slot in row.slots:  # a damaged file shows here, where another can take its place
            self._look(slot.media)
        return row

    @cached_property
    def _taught(self) -> set[str]:
        """Modalities whose encoder or projector learns, where no language model learns."""
        parts = [*self.encoder.items(), *self.projector.items()]
        return set() if learns(self.llm) else {name for name, part in parts if learns(part)}

    def length(self, sample: Sample | TextSample) -> int:
        """Of its row; nothing is decoded for it but media of any length, and nothing is kept."""
        seen = dict(self._seen)  # of a batch that is being made
        try:
            return len(self.packer.pack(sample).ids)
        finally:
            self._seen = seen

    def batch(self, rows: Sequence[Row]) -> dict[str, Any]:
        """Rows → tensors; equal media of a batch are encoded once."""
        if self.row_positions is not None:
            rows = fill(rows, self.row_positions)
        varying = [name for name, positions in self._positions.items() if positions is None]
        prepare = dict.fromkeys(self._positions, self._given)
        batch = batch_of(rows, prepare, {*varying, *self.frozen})
        self._seen.clear()
        return batch

    def counts(self, batch: Mapping[str, Any]) -> dict[str, int]:
        """The targets, and the labels of media."""
        at_media = dict.fromkeys(self.terms, len(batch["dense"]))
        return {**at_media, "answer_loss": len(batch["targets"])}

    def outputs(self) -> list[nn.Module]:
        """The vocabulary head."""
        linear = [part for part in self.llm.modules() if isinstance(part, nn.Linear)]
        return [part for part in linear if part.out_features == self.model.vocabulary]

    def answer(self, sample: Sample | TextSample, max_tokens: int) -> Exchange | None:
        """The last answer of its first conversation, or how a plain text goes on."""
        return converse(self.pipeline, sample, max_tokens)

    def work(self, rows: Sequence[Row]) -> Work:
        """Rows as long as they are; each picture of the batch is encoded once, or not at all."""
        shown = {slot.media.key: slot.media for row in rows for slot in row.slots}
        flops = 0
        behind = False
        for name, sense in self.pipeline.senses.items():
            encoder = getattr(sense.encoder, "module", nn.Module())
            encoding = cost(encoder)
            projecting = cost(self.projector[name], behind=learns(encoder))
            behind |= learns(encoder) or learns(self.projector[name])
            for media in shown.values():
                if media.modality == name:
                    read, given = self._lengths(media)
                    flops += projecting.of(given)
                    if not self._look(media).known:
                        flops += encoding.of(read, read * read)
        vocabulary = self.model.vocabulary
        reading = cost(self.llm, behind=behind, vocabulary=vocabulary)
        naming = head_cost(self.llm, vocabulary, behind=behind)
        for row in rows:
            flops += reading.of(len(row.ids), pairs(row.positions))
            flops += naming.of(len(row.targets))
        return Work(sum(len(row.ids) for row in rows), flops)

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
        places: Mapping[str, Tensor | list[tuple[int, int]]],
        targets: Tensor,
        dense: Tensor,
    ) -> dict[str, Tensor]:
        """→ sums over the targets, and over the labels of media where these have a weight."""
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
        sums = {"answer_loss": self._predict(hidden, targets)}
        if "media_loss" in self.terms:
            # Where no position has a label, no table of all words is made for nothing.
            none = hidden.new_zeros(())
            sums["media_loss"] = self._predict(hidden, dense) if len(dense) else none
            said = embeddings.flatten(0, 1)
            sums["naming_loss"] = self._name(said, dense) if len(dense) else none
        return sums

    def embed(
        self,
        ids: Tensor,
        media: Mapping[str, Tensor | list[Tensor] | list[Item]],
        places: Mapping[str, Tensor | list[tuple[int, int]]],
    ) -> Tensor:
        """ids [B, T] → embeddings [B, T, D], media items in their places."""
        embeddings = self.model.embed(ids.reshape(-1))
        for modality, inputs in media.items():
            at_slots = places[modality]
            features = self._features(modality, inputs, ids.device)
            if isinstance(features, Tensor) and isinstance(at_slots, Tensor):
                starts, which = at_slots.unbind(1)
                projected = self._projected(modality, features)
                at = starts[:, None] + torch.arange(projected.shape[1], device=ids.device)
                at, shown = at.reshape(-1), projected[which].flatten(0, 1)
            else:
                of_items = [self._projected(modality, item) for item in features]
                items = [(int(start), of_items[int(which)]) for start, which in at_slots]
                runs = [torch.arange(at, at + len(item), device=ids.device) for at, item in items]
                at, shown = torch.cat(runs), torch.cat([item for _, item in items])
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
        if not isinstance(inputs, Tensor):
            inputs = [item for item in inputs if isinstance(item, Tensor)]
        return encoded(self.pipeline.senses[modality], inputs, device)

    def _projected(self, modality: str, features: Tensor) -> Tensor:
        """[..., T, D_encoder] → [..., K, D]."""
        projector = self.projector[modality]
        kind = next((weight.dtype for weight in projector.parameters()), features.dtype)
        projected: Tensor = projector(features.to(kind))
        return projected

    def _predict(self, hidden: Tensor, targets: Tensor) -> Tensor:
        """Cross-entropy of the vocabulary head, summed over `targets` [M, 2]."""
        logits = self.model.logits(hidden[targets[:, 0]])
        return cross_entropy(logits, targets[:, 1])

    def _name(self, embeddings: Tensor, dense: Tensor) -> Tensor:
        """Pulls projected positions towards the embeddings of the words that describe them."""
        at = functional.layer_norm(embeddings[dense[:, 0]], embeddings.shape[-1:])
        words = self.model.embed(torch.arange(self.model.vocabulary, device=dense.device))
        return cross_entropy(at @ words.T, dense[:, 1])
