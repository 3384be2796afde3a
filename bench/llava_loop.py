"""The other side of `training.py`: a loop that does what LLaVA-style trainers do.

Every picture is decoded and encoded in every step, rows are padded to the longest, logits are made
for every position, everything is float32. Models, data, optimizer and seed are Sensorium's.

Legend: B rows, T positions of the longest, D width.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import torch
from sensorium_trainers.data import Data
from sensorium_trainers.language import LanguageObjective
from sensorium_trainers.objective import trainable
from sensorium_trainers.packing import Row
from sensorium_trainers.recipe import TrainingRecipe
from torch import Tensor, nn


class LlavaLoop:
    """Steps on given samples; takes the models out of an objective and nothing else."""

    def __init__(self, objective: LanguageObjective, data: Data, recipe: TrainingRecipe) -> None:
        objective.train()
        self._objective = objective
        self._data = data
        self._recipe = recipe
        self._learns = [weight for weight in objective.parameters() if weight.requires_grad]
        self._optimizer = torch.optim.AdamW(
            self._learns,
            lr=recipe.learning_rate,
            betas=(0.9, recipe.adam_beta2),
            weight_decay=recipe.weight_decay,
            fused=True,
        )

    def step(self, indices: Sequence[int]) -> None:
        """One optimizer step on these samples."""
        loss = self._loss([self._objective.packer.pack(self._data[index]) for index in indices])
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self._learns, self._recipe.max_gradient_norm)
        self._optimizer.step()
        self._optimizer.zero_grad()

    def loss(self, samples: Sequence[Any]) -> float:
        """On samples it does not learn from."""
        with torch.no_grad():
            return float(self._loss([self._objective.packer.pack(sample) for sample in samples]))

    def _loss(self, rows: list[Row]) -> Tensor:
        length = max(len(row.ids) for row in rows)
        ids = torch.zeros(len(rows), length, dtype=torch.int64)
        read = torch.zeros_like(ids)
        labels = torch.full_like(ids, -100)
        for number, row in enumerate(rows):
            ids[number, : len(row.ids)] = torch.tensor(row.ids)
            read[number, : len(row.ids)] = 1
            for at, id_ in row.targets:
                labels[number, at + 1] = id_
        output = cast(Any, self._objective.model.module)(
            inputs_embeds=self._embeddings(ids, rows), attention_mask=read, labels=labels
        )
        loss: Tensor = output.loss
        return loss

    def _embeddings(self, ids: Tensor, rows: list[Row]) -> Tensor:
        """[B, T] → [B, T, D], each row's one picture in its place."""
        encoder = trainable(self._objective.pipeline.senses["image"].encoder)
        slots = [row.slots[0] for row in rows]
        with torch.no_grad():
            pictures = torch.stack([encoder.prepare(slot.media.value) for slot in slots])
            features = encoder.features(pictures)
        projected = self._objective.projector["image"](features)
        embeddings = self._objective.model.embed(ids.reshape(-1)).view(*ids.shape, -1)
        at = torch.tensor([slot.start for slot in slots])[:, None] + torch.arange(
            projected.shape[1]
        )
        return embeddings.scatter(1, at[:, :, None].expand_as(projected), projected)
