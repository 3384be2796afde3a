"""Which questions to ask about a scene: balanced over kinds, yes and no, and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations
from random import Random
from types import MappingProxyType

from sensorium_pocket.world.scenes import Item, Scene
from sensorium_pocket.world.things import BY_NAME, COLOURABLE, THINGS

from .answers import neighbour
from .query import SIDES, Query, Ref
from .talking import WEIGHTS as TALK_WEIGHTS

KIND_WEIGHTS: dict[str, float] = {
    "exists": 14,
    "count": 14,
    "caption": 8,
    "at": 10,
    "where": 10,
    "place": 10,
    "unknown": 5,
    "relation": 26,
    "next_to": 15,
    "colour": 12,
    "total": 3,
    "more": 7,
    "background": 3,
    "bigger": 26,
    "smaller": 22,
    "same": 14,
    "biggest": 12,
    "smallest": 12,
    "talk": 14,
}
"""How often each kind is asked (of kinds that a scene allows). Harder kinds more often.

`same` is `bigger` or `smaller` asked of two things of one size. Drawn among the others such pairs
are so rare that a model never learns to say so.
"""

_KINDS = tuple(KIND_WEIGHTS)
_TROUBLE = 0.08  # share of questions about one thing of which there is none, or several
_CLEARLY_BIGGER = 1.4  # ratio of sizes asked about with 'which is bigger'
_CLEARLY_BIGGEST = 1.25
_SURELY_EQUAL = 1.06


def sample_query(
    scene: Scene, rng: Random, emphasis: Mapping[str, float] = MappingProxyType({})
) -> Query:
    """A query of a kind drawn by KIND_WEIGHTS, times `emphasis` where given, about this scene."""
    weights = [weight * emphasis.get(kind, 1) for kind, weight in KIND_WEIGHTS.items()]
    while True:
        query = sample_query_of(rng.choices(_KINDS, weights)[0], scene, rng)
        if query is not None:
            return query


def sample_query_of(kind: str, scene: Scene, rng: Random) -> Query | None:
    """A query of one kind, or None if this scene does not allow it (or by a rejected draw)."""
    match kind:
        case "caption" | "total" | "background" | "unknown":
            return Query(kind)
        case "talk":
            return Query(kind, intent=rng.choices(*split_weights(TALK_WEIGHTS))[0])
        case "exists":
            present = rng.random() < 0.5
            return Query(kind, present_ref(scene, rng) if present else absent_ref(scene, rng))
        case "count":
            share = 0.1  # of zeros
            return Query(
                kind, absent_ref(scene, rng) if rng.random() < share else _repeated(scene, rng)
            )
        case "where":
            absent = rng.random() < 0.08
            return Query(kind, absent_ref(scene, rng) if absent else present_ref(scene, rng))
        case "place":
            ref = present_ref(scene, rng) if rng.random() < 0.94 else absent_ref(scene, rng)
            cells = [item.cell for item in ref.find(scene)]
            taken = [item.cell for item in scene.items if item.cell not in cells]
            free = [cell for cell in range(9) if scene.at(cell) is None]
            others = taken if taken and rng.random() < 0.6 else free
            wanted = cells if cells and rng.random() < 0.5 else others
            return Query(kind, ref, cell=rng.choice(wanted))
        case "at":
            free = [cell for cell in range(9) if scene.at(cell) is None]
            taken = [item.cell for item in scene.items]
            cells = free if free and (not taken or rng.random() < 0.2) else taken
            return Query(kind, cell=rng.choice(cells))
        case "colour":
            return _colour_query(scene, rng)
        case "relation":
            return _relation_query(scene, rng)
        case "next_to":
            return _next_to_query(scene, rng)
        case "bigger" | "smaller":
            return _size_query(kind, scene, rng)
        case "same":
            return _same_size_query(scene, rng)
        case "biggest" | "smallest":
            return _extreme_query(kind, scene)
        case "more":
            return _more_query(scene, rng)
    raise ValueError(f"No question kind {kind!r}. Known kinds: {', '.join(_KINDS)}.")


def split_weights(weights: dict[str, int]) -> tuple[list[str], list[int]]:
    """Keys and weights, as `Random.choices` takes them."""
    return list(weights), list(weights.values())


def _ref(item: Item, rng: Random, coloured: float = 0.4) -> Ref:
    """A reference to an item, with its colour in some cases."""
    return Ref(item.thing, item.colour if rng.random() < coloured else None)


def present_ref(scene: Scene, rng: Random) -> Ref:
    """A thing that is there, each kind of thing alike."""
    kinds = {item.label: item for item in scene.items}
    return _ref(rng.choice(list(kinds.values())), rng)


def absent_ref(scene: Scene, rng: Random) -> Ref:
    """A thing that is not there; sometimes one that is, in a colour that it has not."""
    coloured = [item for item in scene.items if item.colour]
    wrong = coloured and rng.random() < 0.25
    thing = BY_NAME[rng.choice(coloured).thing] if wrong else rng.choice(THINGS)
    colour = rng.choice(thing.colours) if thing.colours and (wrong or rng.random() < 0.5) else None
    ref = Ref(thing.name, colour)
    return ref if not ref.find(scene) else absent_ref(scene, rng)


def _repeated(scene: Scene, rng: Random) -> Ref:
    """A thing that is there, the likelier the more often it is, so that counts balance."""
    refs = {item.label: _ref(item, rng, 0.3) for item in scene.items}
    numbers = [len(ref.find(scene)) ** 3 for ref in refs.values()]
    return rng.choices(list(refs.values()), numbers)[0]


def _single_refs(scene: Scene, rng: Random) -> list[tuple[Ref, Item]]:
    """Items that a reference can single out, with such a reference."""
    found = []
    for item in scene.items:
        if scene.count(item.thing) == 1:
            found.append((_ref(item, rng, 0.3), item))
        elif item.colour and scene.count(item.thing, item.colour) == 1:
            found.append((Ref(item.thing, item.colour), item))
    return found


def _troubled(scene: Scene, rng: Random) -> Ref:
    """A reference that finds nothing, or (less often) several things."""
    many = [Ref(item.thing) for item in scene.items if scene.count(item.thing) > 1]
    return rng.choice(many) if many and rng.random() < 0.35 else absent_ref(scene, rng)


def _colour_query(scene: Scene, rng: Random) -> Query | None:
    draw = rng.random()
    if draw < 0.06:
        plain = [item for item in scene.items if not item.colour]
        return Query("colour", Ref(rng.choice(plain).thing)) if plain else None
    if draw < 0.12:
        absent = [thing for thing in COLOURABLE if not scene.count(thing.name)]
        return Query("colour", Ref(rng.choice(absent).name)) if absent else None
    names = list(dict.fromkeys(item.thing for item in scene.items if item.colour))
    return Query("colour", Ref(rng.choice(names))) if names else None


def _relation_query(scene: Scene, rng: Random) -> Query | None:
    singles = _single_refs(scene, rng)
    if singles and rng.random() < _TROUBLE:
        pair = [rng.choice(singles)[0], _troubled(scene, rng)]
        rng.shuffle(pair)
        return (
            Query("relation", pair[0], pair[1], side=rng.choice(SIDES)) if _differ(*pair) else None
        )
    if len(singles) < 2:
        return None
    (first, one), (second, other) = rng.sample(singles, 2)
    true = [
        side
        for side, holds in (
            ("left", one.column < other.column),
            ("right", one.column > other.column),
            ("above", one.row < other.row),
            ("below", one.row > other.row),
        )
        if holds
    ]
    false = [side for side in SIDES if side not in true]
    return Query("relation", first, second, side=rng.choice(rng.choice((true, false))))


def _differ(one: Ref, other: Ref) -> bool:
    return one.thing != other.thing


def _next_to_query(scene: Scene, rng: Random) -> Query | None:
    if rng.random() < _TROUBLE:
        return Query("next_to", _troubled(scene, rng), side=rng.choice(SIDES))
    singles = _single_refs(scene, rng)
    if not singles:
        return None
    wanted = rng.random() < 0.8  # a neighbour
    pairs = [
        (ref, side)
        for ref, item in singles
        for side in SIDES
        if (neighbour(scene, item, side) is not None) == wanted
    ]
    if not pairs:
        return None
    ref, side = rng.choice(pairs)
    return Query("next_to", ref, side=side)


def _size_query(kind: str, scene: Scene, rng: Random) -> Query | None:
    singles = _single_refs(scene, rng)
    if len(singles) < 2:
        return None
    (first, one), (second, other) = rng.sample(singles, 2)
    if rng.random() < _TROUBLE:
        second = _troubled(scene, rng)
        return Query(kind, first, second) if _differ(first, second) else None
    ratio = _ratio(one, other)
    clear = ratio >= _CLEARLY_BIGGER or (ratio <= _SURELY_EQUAL and rng.random() < 0.4)
    return Query(kind, first, second) if clear else None


def _same_size_query(scene: Scene, rng: Random) -> Query | None:
    equal = [
        (first, second)
        for (first, one), (second, other) in permutations(_single_refs(scene, rng), 2)
        if _ratio(one, other) <= _SURELY_EQUAL
    ]
    return Query(rng.choice(("bigger", "smaller")), *rng.choice(equal)) if equal else None


def _ratio(one: Item, other: Item) -> float:
    """Of their sizes, at least 1."""
    return max(one.scale, other.scale) / min(one.scale, other.scale)


def _extreme_query(kind: str, scene: Scene) -> Query | None:
    scales = sorted((item.scale for item in scene.items), reverse=kind == "biggest")
    if len(scales) < 2:
        return None
    ratio = max(scales[0], scales[1]) / min(scales[0], scales[1])
    return Query(kind) if ratio >= _CLEARLY_BIGGEST else None


def _more_query(scene: Scene, rng: Random) -> Query | None:
    names = list(dict.fromkeys(item.thing for item in scene.items))
    if len(names) < 2 or rng.random() < 0.15:
        pair = [Ref(rng.choice(names)), Ref(absent_ref(scene, rng).thing)]
    else:
        pair = [Ref(name) for name in rng.sample(names, 2)]
    rng.shuffle(pair)
    return Query("more", pair[0], pair[1]) if _differ(*pair) else None
