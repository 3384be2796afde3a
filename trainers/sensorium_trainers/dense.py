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

from .losses import cross_entropy, hits
from .objective import PipelineObjective, trainable
from .work import Work, cost

_KINDS = ("loss", "accuracy")


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
        self.terms = {f"{name}_loss": 1.0 for name in self.heads}

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

    def counts(self, batch: Mapping[str, Any]) -> dict[str, int]:
        """The labels that are to be learned, of each set."""
        numbers = {name: int((labels >= 0).sum()) for name, labels in batch["labels_of"].items()}
        return {f"{name}_{kind}": n for name, n in numbers.items() for kind in _KINDS}

    def work(self, rows: Sequence[DenseSample]) -> Work:
        """The encoder and its heads, at every position."""
        encoding, naming = cost(self.encoder[self._modality]), cost(self.heads)
        lengths = [len(next(iter(row.labels.values()))) for row in rows]
        flops = sum(encoding.of(length, length * length) + naming.of(length) for length in lengths)
        return Work(sum(lengths), flops)

    def forward(self, inputs: Tensor, labels_of: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """→ of each label set the loss and what was right, both as sums over its labels."""
        encoder = trainable(self.pipeline.senses[self._modality].encoder)
        features = encoder.features(inputs).flatten(0, 1)
        sums: dict[str, Tensor] = {}
        for name, head in self.heads.items():
            logits, labels = head(features), labels_of[name].flatten()
            told = cross_entropy(logits, labels), hits(logits, labels)
            sums |= {f"{name}_{kind}": value for kind, value in zip(_KINDS, told, strict=True)}
        return sums
