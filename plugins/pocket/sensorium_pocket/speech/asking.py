"""`sensorium eval pocket-spoken`: the same questions about unseen scenes, typed and asked aloud.

Spoken by held-out voices in a quiet room. `typed` and `spoken` count exactly right answers;
`quick` counts spoken questions, each about a new picture, whose first text came within 300 ms.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from sensorium import Answer, Answering, Media, Message, NothingHeardError

from sensorium_pocket.evaluation import FIRST_SCENE, draw_query
from sensorium_pocket.pictures import picture_of, scene_of
from sensorium_pocket.tally import Table, Tally
from sensorium_pocket.world.questions import answer, phrase
from sensorium_pocket.world.questions.query import KINDS, Query
from sensorium_pocket.world.scoring import is_correct

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
            if query is None:
                continue
            question, clip = _asked(query, rng)
            expected = answer(scene, query)
            for manner, asked in (("spoken", clip.media), ("typed", question)):
                got = _answer(engine, picture_of(scene), asked)
                right = got is not None and is_correct(kind, expected, got.text)
                tally.add(manner, right)
                tally.add(f"{manner}: {KINDS[kind]}", right)
                if manner == "spoken" and turn == 0 and got is not None:
                    tally.add("spoken: quick", got.first_text_seconds <= QUICK_SECONDS)
        yield dict(sorted(tally.table().items()))


def _answer(engine: Answering, picture: Media, asked: Media | str) -> Answer | None:
    """None where nothing was understood, and the model asks to repeat."""
    try:
        return engine.ask([Message.user(picture, asked)])
    except NothingHeardError:
        return None


def _asked(query: Query, rng: Random) -> tuple[str, Clip]:
    """A wording that can be said, and somebody saying it."""
    while True:
        question = phrase(query, rng)
        if said := sayable(question):
            clip = spoken(said, "voices", rng)
            if clip.text == said:
                return question, clip
