"""What every objective is: an `nn.Module` over parts of a pipeline that gives a loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from sensorium.bundle import save_bundle
from sensorium.contracts import TrainableEncoder, VariableEncoder
from sensorium.errors import ConfigError
from sensorium.pipeline import Pipeline
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.modeling_layers import GradientCheckpointingLayer

from .answering import Exchange
from .folder import BUNDLE
from .lora import merge_adapter
from .recipe import TrainingRecipe
from .work import NOTHING, Work, learns


class Objective(nn.Module):
    """Its children are the groups that learn or stay frozen: `encoder`, `projector`, `llm` …

    An `nn.Module` so that transformers' Trainer can hold, move and save it. `forward` returns sums
    over the batch, by name: those that the loss is made of, with gradients, and others that the log
    shows as well. `counts` says how many items each is a sum over.
    """

    terms: Mapping[str, float]
    """What the loss is made of: the means of these sums, and how much each of them weighs."""

    def collate(self, samples: Sequence[Any]) -> dict[str, Any]:
        """Samples → the keyword arguments of `forward`."""
        return self.batch([self.row(sample) for sample in samples])

    def row(self, sample: Any) -> Any:
        """What one sample is in a batch.

        SampleError or MediaError where it cannot be used, ConfigError where none like it can.
        """
        raise NotImplementedError

    def batch(self, rows: Sequence[Any]) -> dict[str, Any]:
        """Rows → the keyword arguments of `forward`."""
        raise NotImplementedError

    def counts(self, batch: Mapping[str, Any]) -> dict[str, int]:
        """How many items each of `forward`'s sums will be over; called where the batch is made."""
        raise NotImplementedError

    def combine(self, sums: Mapping[str, Tensor], counts: Mapping[str, float]) -> Tensor:
        """Sums over all that was counted → the loss; over a part of it → that part's share."""
        shares = [w * sums[name] / max(counts[name], 1) for name, w in self.terms.items()]
        return torch.stack(shares).sum()

    def loss(self, batch: Mapping[str, Any]) -> Tensor:
        """The loss of a batch by itself."""
        return self.combine(self(**batch), self.counts(batch))

    def work(self, rows: Sequence[Any]) -> Work:
        """How much a batch of these rows computes, forward and backward; nothing if not counted."""
        return NOTHING

    def answer(self, sample: Any, max_tokens: int) -> Exchange | None:
        """What the models make of a sample now; None where they say nothing."""
        return None

    def outputs(self) -> list[nn.Module]:
        """The layers that name classes or tokens: what they give is no other layer's input."""
        return []

    def length(self, sample: Any) -> int:
        """How many positions it takes in a row."""
        raise NotImplementedError

    def export(self, recipe: TrainingRecipe) -> Path:
        """Write the models as they are now → the folder."""
        raise NotImplementedError

    @property
    def _no_split_modules(self) -> list[str]:
        """The layers that FSDP2 shards one by one: those that transformers' models name."""
        parts = [part for child in self.children() for part in child.modules()]
        named = {name for part in parts for name in getattr(part, "_no_split_modules", None) or ()}
        return sorted(named & {type(part).__name__ for part in parts})

    def notes(self) -> list[str]:
        """What there is to say at the end of a run, a line each."""
        return []

    def train(self, mode: bool = True) -> Objective:
        """Where nothing learns nothing is in training mode: no dropout, no running statistics."""
        super().train(mode)
        for part in self.children():
            if not learns(part):
                part.eval()
                for layer in part.modules():
                    if isinstance(layer, GradientCheckpointingLayer):
                        # transformers checkpoints a layer in training mode only; of the layer
                        # itself nothing else depends on it, and what it holds stays in eval mode.
                        layer.training = mode and layer.gradient_checkpointing
        return self

    def activation_checkpointing_enable(self, **settings: Any) -> None:
        """Called by the Trainer where the recipe has `gradient_checkpointing`."""
        able = [
            part
            for name, group in self.named_children()
            if name != "encoder" or learns(group)  # else no gradient passes through it
            for part in group.modules()
            if isinstance(part, PreTrainedModel)
        ]
        if not able:
            raise ConfigError("These models cannot do it", where="gradient_checkpointing")
        for part in able:
            part.activation_checkpointing_enable(**settings)
            # Only the older kind of checkpointing needs these hooks, on weights that stay frozen.
            part.disable_input_require_grads()


class PipelineObjective(Objective):
    """An objective over a whole pipeline, which becomes a bundle."""

    def __init__(self, pipeline: Pipeline) -> None:
        super().__init__()
        # The pipeline is no nn.Module, so nothing in it is counted twice.
        self.pipeline = pipeline

    def export(self, recipe: TrainingRecipe) -> Path:
        """Write the bundle, an adapter merged where the recipe wants one plain model."""
        merge_adapter(self.pipeline.llm, recipe)
        folder = recipe.output / BUNDLE
        dtype = getattr(torch, recipe.export_dtype) if recipe.export_dtype else None
        save_bundle(self.pipeline, folder, name=recipe.name, dtype=dtype)
        return folder


def trainable(encoder: object) -> TrainableEncoder:
    """The encoder, if training can run it with gradients."""
    if not isinstance(encoder, TrainableEncoder):
        raise ConfigError(f"{type(encoder).__name__} has no `module` and `features`: not trainable")
    return encoder


def variable(encoder: object) -> VariableEncoder:
    """The encoder, if it knows how long each item will be."""
    if not isinstance(encoder, VariableEncoder):
        raise ConfigError(
            f"{type(encoder).__name__} has items of any length, but no `positions` and "
            "`features_of`: not trainable"
        )
    return encoder


def module(projector: object) -> nn.Module:
    """The projector as the module it is."""
    if not isinstance(projector, nn.Module):
        raise ConfigError(f"{type(projector).__name__} is not an nn.Module: not trainable")
    return projector
