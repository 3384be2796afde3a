"""Plain text for training a tokenizer."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from sensorium_pocket.world.scenes import sample_scene

from .conversations import sample_conversation
from .pair_conversations import sample_pair_conversation, second_scene
from .query import Turn


def corpus(rng: Random, count: int) -> Iterator[str]:
    """`count` lines, questions and answers by turns.

    Of eight talks one is without a picture, and one about two.
    """
    written = 0
    while written < count:
        for turn in _conversation(rng):
            for line in (turn.question, turn.answer)[: count - written]:
                yield line
                written += 1


def _conversation(rng: Random) -> list[Turn]:
    pictures = rng.choices((0, 1, 2), (1, 6, 1))[0]
    if not pictures:
        return sample_conversation(None, rng)
    scene = sample_scene(rng)
    if pictures == 1:
        return sample_conversation(scene, rng)
    return sample_pair_conversation((scene, second_scene(scene, rng)), rng)
