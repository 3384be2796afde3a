"""`sensorium eval pocket`: exact answers about unseen scenes, and to hand-written questions.

Seeds are beyond every training seed. An answer counts only if it is, to the letter, the canonical
one; a caption is scored by the things it names (recall, precision).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from random import Random

from sensorium import Answering, Media, Message, read_image

from .examples import FOLDER
from .examples.build import EXAMPLES
from .examples.build import scene_of as scene_of_example
from .lessons import Shown, Talk, later_talk, shown
from .pair_paraphrases import pair_for, written_pair_questions
from .paraphrases import scene_for, written_questions
from .pictures import EVALUATION_SEEDS, picture_of, scene_of
from .tally import Table, Tally
from .world.questions import (
    Turn,
    answer,
    phrase,
    sample_conversation,
    sample_pair_conversation,
    sample_query_of,
    second_scene,
)
from .world.questions.pair_conversations import pair_turn
from .world.questions.pair_wordings import phrase_pair
from .world.questions.pairs import answer_pair, sample_pair_query_of
from .world.questions.query import KINDS, PAIR_GROUPS, Query
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
        for asked in _talks(number, scene, picture, rng):
            _ask_on(engine, tally, asked)
        for asked in pair_talks(number, scene, picture):
            _ask_on(engine, tally, asked)
        yield tally.table()
    for asked in example_talks():
        _ask_on(engine, tally, asked)
        yield tally.table()
    yield from _ask_written(engine, tally)


@dataclass(frozen=True, slots=True)
class Asked:
    """A conversation whose turns from `first` on count in a group; without one each in its own."""

    talk: Talk
    group: str | None = None
    first: int = 0


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


def _talks(number: int, scene: Scene, picture: Media, rng: Random) -> Iterator[Asked]:
    """Conversations of several turns, each where it is its turn."""
    if number % 2 == 0:
        yield Asked(shown(_conversation(scene, rng), picture))
    if number % 4 == 0:
        yield Asked(shown(_conversation(None, rng)))
    if number % 4 == 1:
        yield _from_last_picture("picture after talk", later_talk(scene, picture, None, rng))
    if number % 4 == 3:
        talk = later_talk(scene, picture, sample_scene(rng), rng)
        yield _from_last_picture("second picture", talk)


def _from_last_picture(group: str, talk: Talk) -> Asked:
    return Asked(talk, group, max(n for n, one in enumerate(talk) if one.pictures))


def pair_talks(number: int, scene: Scene, picture: Media) -> Iterator[Asked]:
    """Two pictures in one message; every other time two in turn, or four."""
    rng = Random(f"pair {number}")
    other = second_scene(scene, rng)
    pair, pictures = (scene, other), (picture, picture_of(other))
    for kind in PAIR_GROUPS if number % 2 == 0 else PAIR_GROUPS[:1]:
        asked = sample_pair_query_of(kind, pair, rng)
        turn = pair_turn(pair, asked, phrase_pair(asked, rng, later=False))
        yield Asked(shown([turn], *pictures), asked.group)
    if number % 4 == 1:
        talk = [*shown(sample_conversation(scene, rng)[:1], picture)]
        turns = [
            *sample_conversation(other, rng)[: number % 8 > 1],  # asked of it first, or not
            *sample_pair_conversation(pair, rng, later=True)[:1],
        ]
        talk += shown(turns, pictures[1])
        yield Asked(talk, "one of two in turn", len(talk) - 1)
    if number % 4 == 3:
        scenes = [scene, other, sample_scene(rng), rng.choice((scene, other))]
        talk = [
            one
            for each in scenes
            for one in shown(sample_conversation(each, rng)[:1], picture_of(each))
        ]
        yield _from_last_picture("fourth picture", talk)


def example_talks() -> Iterator[Asked]:
    """The page's examples in one conversation, in every order."""
    asked = [
        Shown(
            Turn(example.query, example.question, answer(scene, example.query)),
            (read_image(FOLDER / example.picture),),
        )
        for example in EXAMPLES
        for scene in [scene_of_example(example.picture)]
    ]
    for talk in permutations(asked):
        yield Asked(talk, "examples in any order")


def _ask_on(engine: Answering, tally: Tally, asked: Asked) -> None:
    """Turn after turn; the model's own answers stay in the conversation."""
    messages: list[Message] = []
    for number, one in enumerate(asked.talk):
        messages.append(one.message())
        got = engine.ask(messages).text
        messages.append(Message.assistant(got))
        right = is_correct(one.turn.query.kind, one.turn.answer, got)
        if asked.group is not None and number >= asked.first:
            tally.add(asked.group, right)
        elif asked.group is None and (one.turn.followup or not one.turn.sighted):
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
    for number, pair_question in enumerate(written_pair_questions()):
        rng = Random(FIRST_SCENE + number)
        pair = pair_for(pair_question.asked, rng, present=number % 4 > 0)
        got = engine.ask([Message.user(*map(picture_of, pair), pair_question.text)]).text
        right = got.strip() == answer_pair(pair, pair_question.asked)
        tally.add("hand-written, two pictures", right)
        yield tally.table()
