"""Conversations about a scene: fresh questions, and follow-ups that lean on the turn before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random
from types import MappingProxyType

from sensorium_pocket.world.scenes import Scene
from sensorium_pocket.world.things import THINGS

from .answers import answer
from .phrasing import phrase, phrase_followup
from .query import KINDS, SIDES, Query, Ref, Turn
from .sampling import absent_ref, present_ref, sample_query, split_weights
from .talking import WEIGHTS as TALK_WEIGHTS

_TURNS, _TURN_WEIGHTS = (1, 2, 3), (75, 17, 8)
_UNSEEN_WEIGHTS = {**dict.fromkeys(KINDS, 3.0), "talk": 20.0}  # without a picture


def turn(scene: Scene | None, query: Query, question: str, followup: bool = False) -> Turn:
    """The question with its answer."""
    return Turn(query, question, answer(scene, query), followup, scene is not None)


def sample_conversation(
    scene: Scene | None, rng: Random, emphasis: Mapping[str, float] = MappingProxyType({})
) -> list[Turn]:
    """One to three turns. Without a scene: small talk, and questions that need a picture."""
    if scene is None:
        return [_unseen_turn(rng) for _ in range(rng.choices(_TURNS, _TURN_WEIGHTS)[0])]
    query = sample_query(scene, rng, emphasis)
    turns = [turn(scene, query, phrase(query, rng))]
    for _ in range(rng.choices(_TURNS, _TURN_WEIGHTS)[0] - 1):
        turns.append(_next_turn(scene, turns[-1].query, rng))
    return turns


def sample_questions(
    scene: Scene | None,
    rng: Random,
    count: int,
    emphasis: Mapping[str, float] = MappingProxyType({}),
) -> list[list[Turn]]:
    """`count` conversations about one scene; no two begin with the same words.

    `emphasis` says for a kind of question how many times as often as usual it begins one.
    """
    return distinct(lambda: sample_conversation(scene, rng, emphasis), count)


def distinct(draw: Callable[[], list[Turn]], count: int) -> list[list[Turn]]:
    """`count` conversations, no two of which begin with the same words; fewer if none are found."""
    found: dict[str, list[Turn]] = {}
    for _ in range(20 * count):
        conversation = draw()
        found.setdefault(conversation[0].question, conversation)
        if len(found) == count:
            break
    return list(found.values())


def _unseen_turn(rng: Random) -> Turn:
    """Without a picture: small talk, or a question about any things at all."""
    kind = rng.choices(list(_UNSEEN_WEIGHTS), list(_UNSEEN_WEIGHTS.values()))[0]
    if kind == "talk":
        query = Query(kind, intent=rng.choices(*split_weights(TALK_WEIGHTS))[0])
    else:
        query = Query(
            kind,
            subject=Ref(rng.choice(THINGS).name),
            other=Ref(rng.choice(THINGS).name),
            cell=rng.randrange(9),
            side=rng.choice(SIDES),
        )
    return turn(None, query, phrase(query, rng))


def _next_turn(scene: Scene, before: Query, rng: Random) -> Turn:
    """A follow-up to the turn before if one fits, else a fresh question (one in six anyway)."""
    choices = followups(scene, before, rng)
    if not choices or rng.random() < 1 / 6:
        query = sample_query(scene, rng)
        return turn(scene, query, phrase(query, rng))
    change, query = rng.choice(choices)
    return turn(scene, query, phrase_followup(query, rng, change), followup=True)


def followups(scene: Scene, before: Query, rng: Random) -> list[tuple[str, Query]]:
    """(what changes, the resolved query) for every follow-up that fits."""
    if before.kind == "talk":
        return []
    choices = []
    if before.kind != "background" and rng.random() < 0.3:
        choices.append(("background", Query("background")))
    match before.kind:
        case "exists" | "count" | "where":
            ref = present_ref(scene, rng) if rng.random() < 0.6 else absent_ref(scene, rng)
            if ref != before.subject:
                choices += 2 * [("other thing", replace(before, subject=ref))]
            choices += _about_it(scene, before, rng)
        case "at":
            cell = rng.choice([cell for cell in range(9) if cell != before.cell])
            choices += 3 * [("at", replace(before, cell=cell))]
        case "colour" if before.first.find(scene):
            choices += [("where", Query("where", before.subject))]
            choices += [("count", Query("count", before.subject))]
        case "caption":
            choices += 2 * [("total", Query("total"))]
        case "total":
            choices += 2 * [("caption", Query("caption"))]
    if before.kind not in ("caption", "total") and rng.random() < 0.3:
        choices.append(("caption", Query("caption")))
    return choices


def _about_it(scene: Scene, before: Query, rng: Random) -> list[tuple[str, Query]]:
    """Other questions about the thing just asked for, if it is there."""
    found = before.first.find(scene)
    if not found:
        return []
    choices = [
        (kind, Query(kind, before.subject)) for kind in ("where", "count") if kind != before.kind
    ]
    if found[0].colour and before.first.colour is None:
        choices += 2 * [("colour", Query("colour", before.subject))]
    if len(found) == 1:
        choices.append(("next_to", Query("next_to", before.subject, side=rng.choice(SIDES))))
    return choices
