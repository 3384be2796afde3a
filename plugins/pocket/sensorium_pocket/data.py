"""The pocket world as training data: sample `index` of a seed is the same in every run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from types import MappingProxyType

import torch
from sensorium import DenseSample, Media, Message, Sample, read_image

from .options import WorldOptions
from .world.labels import (
    BACKGROUND_CLASSES,
    CELL_CLASSES,
    PATCHES,
    SIZE_CLASSES,
    THING_CLASSES,
    DenseLabels,
    dense_labels,
    size_word,
)
from .world.questions import Turn, sample_questions
from .world.scenes import Scene, draw, sample_scene
from .world.things import BACKGROUNDS, BY_NAME, CELLS

EVALUATION_SEEDS = 1 << 40
"""Scene seeds from here on are for evaluation only; training never reaches them."""

TEXT_ONLY = 0.04
"""Share of samples without a picture."""


def scene_of(seed: int) -> tuple[Random, Scene]:
    """The scene of a seed, and the generator that goes on from it."""
    rng = Random(seed)
    return rng, sample_scene(rng)


def picture_of(scene: Scene) -> Media:
    """The picture as the encoder gets it."""
    return read_image(draw(scene))


class Patches:
    """Dense samples for the encoder stage."""

    classes: Mapping[str, int] = {
        "thing": THING_CLASSES,
        "cell": CELL_CLASSES,
        "size": SIZE_CLASSES,
        "home": 2,
        "background": BACKGROUND_CLASSES,
    }

    def __init__(self, options: WorldOptions) -> None:
        self.options = options

    def __len__(self) -> int:
        return self.options.length

    def __getitem__(self, index: int) -> DenseSample:
        _, scene = scene_of(seed_of(self.options, index))
        labels = dense_labels(scene)
        return DenseSample(
            media=picture_of(scene),
            labels={
                "thing": torch.from_numpy(labels.thing),
                "cell": torch.from_numpy(labels.cell),
                "size": torch.from_numpy(labels.size),
                "home": torch.from_numpy(labels.home).long(),
                "background": torch.full((PATCHES,), labels.background),
            },
        )


class Questions:
    """Conversations about one picture, or a few without any."""

    def __init__(self, options: WorldOptions) -> None:
        self.options = options

    def __len__(self) -> int:
        return self.options.length

    def __getitem__(self, index: int) -> Sample:
        rng, scene = scene_of(seed_of(self.options, index))
        if rng.random() < TEXT_ONLY:
            talks = sample_questions(None, rng, self.options.questions)
            return Sample(tuple(conversation(turns, None) for turns in talks))
        picture = picture_of(scene)
        talks = sample_questions(scene, rng, self.options.questions, self.options.emphasis)
        return Sample(
            conversations=tuple(conversation(turns, picture) for turns in talks),
            media_labels={picture.digest: patch_words(scene, dense_labels(scene))},
        )


def patch_words(scene: Scene, labels: DenseLabels) -> tuple[tuple[str, ...], ...]:
    """For each patch the words that describe it: on an item's home patch its names and place."""
    background = tuple(BACKGROUNDS)[labels.background]
    described: list[tuple[str, ...]] = []
    for patch in range(PATCHES):
        if not labels.home[patch]:
            # One patch in each corner tells the ground; more would drown the things.
            corner = patch in {0, PATCHES - 1} and labels.item[patch] < 0
            described.append((background,) if corner else ())
            continue
        item = scene.items[int(labels.item[patch])]
        thing = BY_NAME[item.thing]
        words = [thing.name, thing.plural, *CELLS[item.cell].split()]
        words += [item.colour] if item.colour else []
        described.append((*words, size_word(item.scale)))
    return tuple(described)


def conversation(
    turns: Sequence[Turn],
    picture: Media | None,
    recordings: Mapping[str, Media] = MappingProxyType({}),
) -> tuple[Message, ...]:
    """Turns as messages, the picture in the first; `recordings` has questions that are spoken."""
    messages: list[Message] = []
    for number, turn in enumerate(turns):
        shown = (picture,) if picture is not None and number == 0 else ()
        messages.append(Message.user(*shown, recordings.get(turn.question, turn.question)))
        messages.append(Message.assistant(turn.answer))
    return tuple(messages)


def seed_of(options: WorldOptions, index: int) -> int:
    """The scene's seed of a sample: no two tours of the world share one."""
    return options.seed * (1 << 30) + index
