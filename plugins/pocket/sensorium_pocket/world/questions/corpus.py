"""Plain text for training a tokenizer."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from sensorium_pocket.world.scenes import sample_scene

from .conversations import sample_conversation


def corpus(rng: Random, count: int) -> Iterator[str]:
    """`count` lines, questions and answers by turns, one in eight without a picture."""
    written = 0
    while written < count:
        scene = None if rng.random() < 1 / 8 else sample_scene(rng)
        for turn in sample_conversation(scene, rng):
            for line in (turn.question, turn.answer)[: count - written]:
                yield line
                written += 1
