"""`sensorium eval pocket`: exact answers about unseen scenes, and to hand-written questions.

Seeds are beyond every training seed. An answer counts only if it is, to the letter, the canonical
one; a caption is scored by the things it names (recall, precision).
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from sensorium import Answering, Media, Message

from .lessons import Talk, later_talk, shown
from .paraphrases import scene_for, written_questions
from .pictures import EVALUATION_SEEDS, picture_of, scene_of
from .tally import Table, Tally
from .world.questions import Turn, answer, phrase, sample_conversation, sample_query_of
from .world.questions.query import KINDS, Query
from .world.scenes import Scene, sample_scene
from .world.scoring import caption_scores, is_correct

FIRST_SCENE = EVALUATION_SEEDS + 4_000_000
"""Scenes before it were looked at while the recipes were made; these were not."""

KINDS_PER_SCENE = 7


def evaluate(engine: Answering, limit: int = 1000) -> Iterator[Table]:
    """Ask about `limit` scenes, the kinds of question by turns; then the written questions."""
    tally = Tally()
    kinds = list(KINDS)
    for number in range(limit):
        rng, scene = scene_of(FIRST_SCENE + number)
        picture = picture_of(scene)
        for turn in range(KINDS_PER_SCENE):
            kind = kinds[(number * KINDS_PER_SCENE + turn) % len(kinds)]
            query = draw_query(kind, scene, rng)
            if query is not None:
                _ask_one(engine, tally, scene, picture, query, rng)
        for group, talk in _talks(number, scene, picture, rng):
            _ask_on(engine, tally, talk, group)
        yield tally.table()
    yield from _ask_written(engine, tally)


def draw_query(kind: str, scene: Scene, rng: Random) -> Query | None:
    """A query of this kind; some draws are rejected, so try a few times."""
    draws = (sample_query_of(kind, scene, rng) for _ in range(12))
    return next((query for query in draws if query is not None), None)


def _ask_one(
    engine: Answering, tally: Tally, scene: Scene, picture: Media, query: Query, rng: Random
) -> None:
    got = engine.ask([Message.user(picture, phrase(query, rng))]).text
    if query.kind == "caption":
        hits, said, present = caption_scores(scene, got)
        tally.add("caption recall", hits, present)
        tally.add("caption precision", hits, said)
    name = "caption exact" if query.kind == "caption" else KINDS[query.kind]
    tally.add(name, is_correct(query.kind, answer(scene, query), got))


def _talks(
    number: int, scene: Scene, picture: Media, rng: Random
) -> Iterator[tuple[str | None, Talk]]:
    """Conversations of several turns, each where it is its turn, with a group of its own or none.

    In a group of its own only what follows the last picture counts.
    """
    if number % 2 == 0:
        yield None, shown(_conversation(scene, rng), picture)
    if number % 4 == 0:
        yield None, shown(_conversation(None, rng), None)
    if number % 4 == 1:
        yield "picture after talk", later_talk(scene, picture, None, rng)
    if number % 4 == 3:
        yield "second picture", later_talk(scene, picture, sample_scene(rng), rng)


def _ask_on(engine: Answering, tally: Tally, talk: Talk, group: str | None) -> None:
    """Turn after turn; the model's own answers stay in the conversation."""
    messages: list[Message] = []
    last = max((n for n, one in enumerate(talk) if one.picture is not None), default=0)
    for number, one in enumerate(talk):
        messages.append(one.message())
        got = engine.ask(messages).text
        messages.append(Message.assistant(got))
        right = is_correct(one.turn.query.kind, one.turn.answer, got)
        if group is not None and number >= last:
            tally.add(group, right)
        elif group is None and (one.turn.followup or not one.turn.sighted):
            tally.add(one.turn.group, right)


def _conversation(scene: Scene | None, rng: Random) -> list[Turn]:
    """One with a follow-up, if there is a picture to ask on about."""
    turns = sample_conversation(scene, rng)
    while scene is not None and not any(turn.followup for turn in turns):
        turns = sample_conversation(scene, rng)
    return turns


def _ask_written(engine: Answering, tally: Tally) -> Iterator[Table]:
    for number, written in enumerate(written_questions()):
        scene = scene_for(written.query, Random(FIRST_SCENE + number), present=number % 2 == 0)
        got = engine.ask([Message.user(picture_of(scene), written.text)]).text
        expected = answer(scene, written.query)
        tally.add("hand-written", is_correct(written.query.kind, expected, got))
        yield tally.table()
