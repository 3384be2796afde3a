"""Conversations about two pictures: fresh questions, and what leans on the turn before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from types import MappingProxyType

from sensorium_pocket.world.scenes import Scene, sample_scene, with_things_of

from .conversations import distinct, followups
from .pair_wordings import phrase_other_picture, phrase_pair
from .pairs import Pair, PairQuery, answer_pair, sample_pair_query
from .phrasing import phrase_followup
from .query import Turn

_TURNS, _TURN_WEIGHTS = (1, 2, 3), (75, 17, 8)
_ALIKE = 0.6  # share of second pictures that show some of the first one's things


def second_scene(first: Scene, rng: Random) -> Scene:
    """Another scene, often with some of the same things: then only the picture tells them apart."""
    scene = sample_scene(rng)
    return with_things_of(first, scene, rng) if rng.random() < _ALIKE else scene


def pair_turn(pair: Pair, asked: PairQuery, question: str, followup: bool = False) -> Turn:
    """The question with its answer."""
    return Turn(asked.query, question, answer_pair(pair, asked), followup, pair=asked.group)


def sample_pair_conversation(
    pair: Pair,
    rng: Random,
    emphasis: Mapping[str, float] = MappingProxyType({}),
    *,
    later: bool = False,
) -> list[Turn]:
    """One to three turns; `later` where the second picture came in a later message."""
    asked = sample_pair_query(pair, rng, emphasis, later=later)
    turns = [pair_turn(pair, asked, phrase_pair(asked, rng, later=later))]
    for _ in range(rng.choices(_TURNS, _TURN_WEIGHTS)[0] - 1):
        asked, question, followup = _next(pair, asked, rng, later)
        turns.append(pair_turn(pair, asked, question, followup))
    return turns


def _next(pair: Pair, before: PairQuery, rng: Random, later: bool) -> tuple[PairQuery, str, bool]:
    """What is asked next, its wording, and whether that leans on the turn before."""
    draw = rng.random()
    if before.picture is not None and draw < 0.5:
        asked = replace(before, picture=1 - before.picture)
        return asked, phrase_other_picture(1 - before.picture, rng, later=later), True
    if before.picture is not None and draw < 0.8:
        choices = followups(pair[before.picture], before.query, rng)
        if choices:
            change, query = rng.choice(choices)
            return replace(before, query=query), phrase_followup(query, rng, change), True
    asked = sample_pair_query(pair, rng, later=later)
    return asked, phrase_pair(asked, rng, later=later), False


def sample_pair_questions(
    pair: Pair, rng: Random, count: int, emphasis: Mapping[str, float] = MappingProxyType({})
) -> list[list[Turn]]:
    """`count` conversations about two pictures in one message; no two begin with the same words."""
    return distinct(lambda: sample_pair_conversation(pair, rng, emphasis), count)
