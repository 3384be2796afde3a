"""Samples of a recipe as the language model reads them, and how well it answers them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import torch
from sensorium.errors import ConfigError, MediaError, SampleError

from sensorium_trainers.batching import attention_mask
from sensorium_trainers.data import Data
from sensorium_trainers.language import LanguageObjective

Batch = dict[str, Any]


def draw(
    objective: LanguageObjective, data: Data, counts: Sequence[int], seed: int
) -> list[list[Batch]]:
    """Disjoint sets of `counts` samples, in random order; those that cannot be used are left out.

    ConfigError where the data has too few.
    """
    found = _usable(objective, data, seed)
    sets = [list(islice(found, count)) for count in counts]
    if any(len(one) < count for one, count in zip(sets, counts, strict=True)):
        raise ConfigError(
            f"The data has {sum(map(len, sets))} usable samples, {sum(counts)} are asked for",
            where="data",
            hint="Ask for fewer: --samples, --held-out.",
        )
    return sets


def _usable(objective: LanguageObjective, data: Data, seed: int) -> Iterator[Batch]:
    order = list(range(len(data)))
    random.Random(seed).shuffle(order)
    for index in order:
        try:
            batch = objective.collate([data[index]])
        except (SampleError, MediaError):
            continue
        yield batch


def read(objective: LanguageObjective, batch: Batch) -> torch.Tensor:
    """Final hidden states [T, D] of a batch, media in their places."""
    embeddings = objective.embed(batch["ids"], batch["media"], batch["places"])
    mask = attention_mask(batch["samples"], batch["segments"])
    hidden = objective.model.hidden(embeddings, mask, batch["position_ids"])
    return hidden.flatten(0, 1)


def accuracy(objective: LanguageObjective, batches: Sequence[Batch]) -> float:
    """The share of the answers' tokens that the model predicts, given those before them."""
    right = total = 0
    with torch.inference_mode():
        for batch in batches:
            places, tokens = batch["targets"].unbind(1)
            logits = objective.model.logits(read(objective, batch)[places])
            right += int((logits.argmax(-1) == tokens).sum())
            total += len(tokens)
    if not total:
        raise ConfigError("The held-out samples have no answers to compare", where="data")
    return right / total
