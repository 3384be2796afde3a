"""What is computed in one step: a batch from samples, and its loss.

Legend: B rows, T positions of the longest row, N media items, K positions of one item, D width,
M targets. An objective is an `nn.Module` over the parts of a pipeline, so that transformers'
Trainer can hold, move and save it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from sensorium.contracts import TrainableEncoder, TrainableLanguageModel
from sensorium.errors import ConfigError
from sensorium.messages import Media
from sensorium.pipeline import Pipeline
from sensorium.specs import DenseSample, Sample

from .packing import Packer, Row


class LanguageObjective(nn.Module):
    """Next-token loss on answers, plus dense targets at media positions where there are any."""

    def __init__(self, pipeline: Pipeline, *, media_label_weight: float = 0.0) -> None:
        super().__init__()
        if not isinstance(pipeline.llm, TrainableLanguageModel):
            raise ConfigError(
                f"The language model '{pipeline.plan.llm.name}' cannot be trained on this backend"
            )
        self.model: TrainableLanguageModel = pipeline.llm
        self.senses = pipeline.senses
        self.media_label_weight = media_label_weight
        self.llm = self.model.module
        self.encoder = nn.ModuleDict(
            {name: trainable(sense.encoder).module for name, sense in pipeline.senses.items()}
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

    def _positions_of(self, media: Media) -> int:
        length = self._positions.get(media.modality)
        if length is None:
            raise ConfigError(f"No encoder with a fixed number of positions for {media.modality}")
        return self.senses[media.modality].projector.positions(length)

    def collate(self, samples: Sequence[Sample]) -> dict[str, Any]:
        """Samples → tensors; equal media of a batch are encoded once."""
        rows = [self.packer.pack(sample) for sample in samples]
        length = max(len(row.ids) for row in rows)
        batch: dict[str, Any] = {
            "ids": _padded([row.ids for row in rows], length, 0),
            "position_ids": _padded([row.positions for row in rows], length, 0),
            "mask": attention_mask(_padded([row.segments for row in rows], length, -1)),
            "media": {},
            "places": {},
        }
        for modality in self.senses:
            self._collate_media(batch, rows, modality, length)
        for name in ("targets", "dense"):
            flat = [
                (number * length + at, token)
                for number, row in enumerate(rows)
                for at, token in getattr(row, name)
            ]
            batch[name] = torch.tensor(flat, dtype=torch.int64).reshape(-1, 2)
        return batch

    def _collate_media(
        self, batch: dict[str, Any], rows: list[Row], modality: str, length: int
    ) -> None:
        found = [
            (number * length + slot.start, slot.media)
            for number, row in enumerate(rows)
            for slot in row.slots
            if slot.media.modality == modality
        ]
        if not found:
            return
        unique = {media.digest: media for _, media in found}
        order = {digest: index for index, digest in enumerate(unique)}
        encoder = self.senses[modality].encoder
        batch["media"][modality] = torch.stack(
            [encoder.prepare(media.value) for media in unique.values()]
        )
        # [slots, 2]: first flat position, and which of the media stands there.
        batch["places"][modality] = torch.tensor(
            [(start, order[media.digest]) for start, media in found]
        )

    def forward(
        self,
        ids: Tensor,
        position_ids: Tensor,
        mask: Tensor,
        media: Mapping[str, Tensor],
        places: Mapping[str, Tensor],
        targets: Tensor,
        dense: Tensor,
    ) -> dict[str, Tensor]:
        """→ `loss` and its parts, means over the targets of the batch."""
        rows, length = ids.shape
        embeddings = self.model.embed(ids.reshape(-1))
        for modality, inputs in media.items():
            projected = self._project(modality, inputs)
            starts, which = places[modality].unbind(1)
            at = starts[:, None] + torch.arange(projected.shape[1], device=ids.device)
            embeddings = embeddings.index_copy(
                0, at.reshape(-1), projected[which].flatten(0, 1).to(embeddings.dtype)
            )
        hidden = self.model.hidden(embeddings.view(rows, length, -1), mask, position_ids)
        hidden = hidden.reshape(rows * length, -1)
        loss = self._predict(hidden, targets)
        parts = {"answer_loss": loss.detach()}
        if self.media_label_weight and len(dense):
            said = self._predict(hidden, dense)
            placed = self._name(embeddings, dense)
            loss = loss + self.media_label_weight * (said + placed)
            parts |= {"media_loss": said.detach(), "naming_loss": placed.detach()}
        return {"loss": loss, **parts}

    def _project(self, modality: str, inputs: Tensor) -> Tensor:
        encoder = trainable(self.senses[modality].encoder)
        learns = any(weight.requires_grad for weight in encoder.module.parameters())
        with torch.set_grad_enabled(learns):
            features = encoder.features(inputs)
        projected: Tensor = self.projector[modality](features)
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
        words = self.model.module.get_input_embeddings().weight  # type: ignore[operator]
        return functional.cross_entropy((at @ words.T).float(), dense[:, 1])


class DenseObjective(nn.Module):
    """Classifies every position of an encoder's features; the heads are dropped afterwards."""

    def __init__(self, pipeline: Pipeline, classes: Mapping[str, int]) -> None:
        super().__init__()
        if len(pipeline.senses) != 1:
            raise ConfigError("The stage 'encoder' trains one encoder", where="model.encoders")
        ((name, sense),) = pipeline.senses.items()
        self.trained = trainable(sense.encoder)
        self.encoder = nn.ModuleDict({name: self.trained.module})
        self.heads = nn.ModuleDict(
            {label: nn.Linear(sense.encoder.width, count) for label, count in classes.items()}
        )

    def collate(self, samples: Sequence[DenseSample]) -> dict[str, Any]:
        """Samples → inputs [B, …] and labels [B, T] by name."""
        return {
            "inputs": torch.stack([self.trained.prepare(item.media.value) for item in samples]),
            "labels_of": {
                name: torch.stack([item.labels[name] for item in samples]) for name in self.heads
            },
        }

    def forward(self, inputs: Tensor, labels_of: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """→ `loss` (sum over label sets) and each set's accuracy."""
        features = self.trained.features(inputs).flatten(0, 1)
        losses, parts = [], {}
        for name, head in self.heads.items():
            logits, labels = head(features), labels_of[name].flatten()
            losses.append(functional.cross_entropy(logits.float(), labels, ignore_index=-100))
            asked = labels >= 0
            hit = (logits.argmax(-1) == labels)[asked].float().mean()
            parts[f"{name}_accuracy"] = hit.detach()
        return {"loss": torch.stack(losses).sum(), **parts}


def attention_mask(segments: Tensor) -> Tensor:
    """segments [B, T] → [B, 1, T, T] bool: causal, and each conversation sees itself and 0 only.

    Padding (-1) attends to itself, so that no softmax is empty.
    """
    query, key = segments[:, :, None], segments[:, None, :]
    index = torch.arange(segments.shape[1], device=segments.device)
    causal = index[None, :] <= index[:, None]
    same = (key == query) | ((key == 0) & (query >= 0))
    own = torch.eye(segments.shape[1], dtype=torch.bool, device=segments.device)
    return ((same & causal) | own)[:, None]


def trainable(encoder: object) -> TrainableEncoder:
    """The encoder, if training can run it with gradients."""
    if not isinstance(encoder, TrainableEncoder):
        raise ConfigError(f"{type(encoder).__name__} has no `module` and `features`: not trainable")
    return encoder


def module(projector: object) -> nn.Module:
    """The projector as the module it is."""
    if not isinstance(projector, nn.Module):
        raise ConfigError(f"{type(projector).__name__} is not an nn.Module: not trainable")
    return projector


def _padded(rows: list[list[int]], length: int, value: int) -> Tensor:
    return torch.tensor([row + [value] * (length - len(row)) for row in rows])
