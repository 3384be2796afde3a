"""The objective of the stage `encoder`: a class for every position of an encoder's features.

Legend: B items, T positions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from sensorium.errors import ConfigError
from sensorium.pipeline import Pipeline
from sensorium.specs import DenseSample
from torch import Tensor, nn

from .losses import cross_entropy
from .objective import PipelineObjective, trainable
from .work import Work, cost


class DenseObjective(PipelineObjective):
    """One linear head per label set; the heads are dropped after training."""

    def __init__(self, pipeline: Pipeline, classes: Mapping[str, int]) -> None:
        super().__init__(pipeline)
        if len(pipeline.senses) != 1:
            raise ConfigError("The stage 'encoder' trains one encoder", where="model.encoders")
        ((name, sense),) = pipeline.senses.items()
        self._modality = name
        self.encoder = nn.ModuleDict({name: trainable(sense.encoder).module})
        self.heads = nn.ModuleDict(
            {label: nn.Linear(sense.encoder.width, count) for label, count in classes.items()}
        )

    def row(self, sample: DenseSample) -> DenseSample:
        """As it is."""
        if not isinstance(sample, DenseSample):
            raise ConfigError(
                f"The stage 'encoder' learns from DenseSample, not {type(sample).__name__}",
                where="data",
            )
        return sample

    def batch(self, rows: Sequence[DenseSample]) -> dict[str, Any]:
        """Samples → inputs [B, …] and labels [B, T] by name."""
        encoder = self.pipeline.senses[self._modality].encoder
        return {
            "inputs": torch.stack([encoder.prepare(item.media.value) for item in rows]),
            "labels_of": {
                name: torch.stack([item.labels[name] for item in rows]) for name in self.heads
            },
        }

    def outputs(self) -> list[nn.Module]:
        """The heads."""
        return [*self.heads.values()]

    def predictions(self, batch: Mapping[str, Any]) -> int:
        """The labels that are to be learned, of all sets."""
        return sum(int((labels >= 0).sum()) for labels in batch["labels_of"].values())

    def work(self, rows: Sequence[DenseSample]) -> Work:
        """The encoder and its heads, at every position."""
        encoding, naming = cost(self.encoder[self._modality]), cost(self.heads)
        lengths = [len(next(iter(row.labels.values()))) for row in rows]
        flops = sum(encoding.of(length, length * length) + naming.of(length) for length in lengths)
        return Work(sum(lengths), flops)

    def forward(self, inputs: Tensor, labels_of: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """→ `loss` (sum over label sets) and each set's accuracy."""
        encoder = trainable(self.pipeline.senses[self._modality].encoder)
        features = encoder.features(inputs).flatten(0, 1)
        losses, parts = [], {}
        for name, head in self.heads.items():
            logits, labels = head(features), labels_of[name].flatten()
            losses.append(cross_entropy(logits, labels))
            asked = labels >= 0
            hit = (logits.argmax(-1) == labels)[asked].float().mean()
            parts[f"{name}_accuracy"] = hit.detach()
        return {"loss": torch.stack(losses).sum(), **parts}
