"""`sensorium eval pocket-spoken`: the same questions about unseen scenes, typed and asked aloud.

Spoken by held-out voices in a quiet room; one in three is about two pictures. `typed` and `spoken`
count exactly right answers; `quick` counts spoken questions, each about a new picture, whose first
text came within 300 ms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from random import Random

from sensorium import Answer, Answering, Media, Message, NothingHeardError

from sensorium_pocket.evaluation import FIRST_SCENE, draw_query
from sensorium_pocket.pictures import picture_of, scene_of
from sensorium_pocket.tally import Table, Tally
from sensorium_pocket.world.questions import answer, phrase, second_scene
from sensorium_pocket.world.questions.pair_wordings import phrase_pair
from sensorium_pocket.world.questions.pairs import answer_pair, sample_pair_query_of
from sensorium_pocket.world.questions.query import KINDS, PAIR_GROUPS
from sensorium_pocket.world.scenes import Scene

from .data import Clip, spoken
from .questions import sayable

QUESTIONS_PER_SCENE = 2
QUICK_SECONDS = 0.3
_SCENES_APART = 100_000  # from the typed evaluation's


def evaluate(engine: Answering, limit: int = 500) -> Iterator[Table]:
    """Ask about `limit` scenes, the kinds of question by turns."""
    tally = Tally()
    kinds = list(KINDS)
    for number in range(limit):
        rng, scene = scene_of(FIRST_SCENE + _SCENES_APART + number)
        for turn in range(QUESTIONS_PER_SCENE):
            kind = kinds[(number * QUESTIONS_PER_SCENE + turn) % len(kinds)]
            query = draw_query(kind, scene, rng)
            if query is not None:
                spoken_query = _Spoken(KINDS[kind], partial(phrase, query), answer(scene, query))
                _ask(engine, tally, spoken_query, (picture_of(scene),), rng, timed=turn == 0)
        _ask_pair(engine, tally, number, scene)
        yield dict(sorted(tally.table().items()))


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A question that is asked in two manners: its group, its wordings, its answer."""

    group: str
    phrase: Callable[[Random], str]
    expected: str


def _ask_pair(engine: Answering, tally: Tally, number: int, scene: Scene) -> None:
    """One question about two pictures, the kinds by turns."""
    rng = Random(f"spoken pair {number}")
    pair = (scene, second_scene(scene, rng))
    asked = sample_pair_query_of(PAIR_GROUPS[number % len(PAIR_GROUPS)], pair, rng)
    question = _Spoken(
        asked.group, partial(phrase_pair, asked, later=False), answer_pair(pair, asked)
    )
    _ask(engine, tally, question, tuple(map(picture_of, pair)), rng)


def _ask(
    engine: Answering,
    tally: Tally,
    question: _Spoken,
    pictures: tuple[Media, ...],
    rng: Random,
    timed: bool = False,
) -> None:
    text, clip = _said(question.phrase, rng)
    for manner, asked in (("spoken", clip.media), ("typed", text)):
        got = _answer(engine, pictures, asked)
        right = got is not None and got.text.strip() == question.expected
        tally.add(manner, right)
        tally.add(f"{manner}: {question.group}", right)
        if manner == "spoken" and timed and got is not None:
            tally.add("spoken: quick", got.first_text_seconds <= QUICK_SECONDS)


def _answer(engine: Answering, pictures: tuple[Media, ...], asked: Media | str) -> Answer | None:
    """None where nothing was understood, and the model asks to repeat."""
    try:
        return engine.ask([Message.user(*pictures, asked)])
    except NothingHeardError:
        return None


def _said(phrase: Callable[[Random], str], rng: Random) -> tuple[str, Clip]:
    """A wording that can be said, and somebody saying it."""
    while True:
        question = phrase(rng)
        if said := sayable(question):
            clip = spoken(said, "voices", rng)
            if clip.text == said:
                return question, clip
