"""Seeds, the scenes that follow from them, and their pictures."""

from __future__ import annotations

from random import Random

from sensorium import Media, read_image

from .options import WorldOptions
from .world.scenes import Scene, draw, sample_scene

EVALUATION_SEEDS = 1 << 40
"""Scene seeds from here on are for evaluation only; training never reaches them."""


def seed_of(options: WorldOptions, index: int) -> int:
    """The scene's seed of a sample: no two tours of the world share one."""
    return options.seed * (1 << 30) + index


def scene_of(seed: int) -> tuple[Random, Scene]:
    """The scene of a seed, and the generator that goes on from it."""
    rng = Random(seed)
    return rng, sample_scene(rng)


def picture_of(scene: Scene) -> Media:
    """The picture as the encoder gets it."""
    return read_image(draw(scene))
