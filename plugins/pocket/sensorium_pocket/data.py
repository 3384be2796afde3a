"""The pocket world as training data: sample `index` of a seed is the same in every run."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from sensorium import DenseSample, Sample

from .lessons import draw_lesson
from .options import WorldOptions
from .pictures import picture_of, scene_of, seed_of
from .world.labels import (
    BACKGROUND_CLASSES,
    CELL_CLASSES,
    PATCHES,
    SIZE_CLASSES,
    THING_CLASSES,
    dense_labels,
)


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
    """Conversations about pictures, mostly one, or a few without any."""

    def __init__(self, options: WorldOptions) -> None:
        self.options = options

    def __len__(self) -> int:
        return self.options.length

    def __getitem__(self, index: int) -> Sample:
        _, lesson = draw_lesson(self.options, index)
        return lesson.sample()
