"""`phrase`: one of many natural wordings of a query."""

from __future__ import annotations

from random import Random

from sensorium_pocket.world.things import article

from . import comparing, counting, followups, looking, placing, unknown
from .query import Query, Ref
from .talking import phrase_talk
from .wording import Slots, fill_slots, finish, word

PHRASES = {**looking.PHRASES, **counting.PHRASES, **placing.PHRASES, **comparing.PHRASES}


def phrase(query: Query, rng: Random, picture: str = "") -> str:
    """A wording that says everything: it means the same query whatever was said before.

    `picture` is what the picture that is meant is called, where there are several.
    """
    if query.kind == "talk":
        return phrase_talk(query.intent or "", rng)
    if query.kind == "unknown":
        known = Query(rng.choice(("exists", "count", "where")), Ref(unknown.STAND_IN))
        return unknown.about_unknown(phrase(known, rng), rng)
    slots = _slots(query, rng)
    coloured = query.kind == "exists" and query.first.colour is not None
    if coloured and rng.random() < 0.4:
        slots.update(_split_colour(query, rng))
        return word(looking.EXISTS_COLOURED, slots, rng, picture)
    return word(PHRASES[query.kind], slots, rng, picture)


def phrase_followup(query: Query, rng: Random, change: str) -> str:
    """A wording that leaves out what the turn before said. `change`: a key of followups.PHRASES."""
    _, core = followups.PHRASES[change].pick(rng)
    if rng.random() < 0.12:
        core = rng.choice(("ok, ", "so, ", "hm, ", "please, ", "great, ", "thanks, ")) + core
    if rng.random() < 0.08:
        core += rng.choice((" then", ", please", " now", " in the picture"))
    return finish(core.format_map(_slots(query, rng)), True, rng)


def _slots(query: Query, rng: Random) -> Slots:
    slots = fill_slots(query, rng)
    if query.side is not None:
        slots["compared"] = rng.choice(placing.COMPARED[query.side])
        slots["neighbour"] = rng.choice(placing.NEIGHBOUR[query.side])
    if query.kind in comparing.SIZES:
        slots["more"] = slots["most"] = rng.choice(comparing.SIZES[query.kind])
        slots["takes"] = slots["takes_most"] = rng.choice(comparing.SPACE[query.kind])
    if "is" in slots:
        slots["s_it"] = "it" if slots["is"] == "is" else "they"
        slots["s_them"] = "it" if slots["is"] == "is" else "them"
    return slots


def _split_colour(query: Query, rng: Random) -> Slots:
    plain = fill_slots(Query("exists", Ref(query.first.thing)), rng)
    return {
        "col": query.first.colour or "",
        "one_plain": plain["one"],
        "a_plain": f"{article(plain['one'])} {plain['one']}",
        "many_plain": plain["many"],
    }
