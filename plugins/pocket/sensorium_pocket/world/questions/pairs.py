"""Questions when there are two pictures: about one of them, about each, and which of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from types import MappingProxyType

from sensorium_pocket.world.scenes import Scene
from sensorium_pocket.world.things import BACKGROUNDS, NUMBERS, article

from .answers import amount, answer, places
from .query import PAIR_GROUPS, Query, Ref
from .sampling import absent_ref, present_ref, sample_query

Pair = tuple[Scene, Scene]
"""The scenes of the first picture of a conversation and of the second."""

ONE, EACH, WHICH = PAIR_GROUPS
MORE, FULLER, GROUND = "more", "fuller", "ground"

KIND_WEIGHTS: dict[str, float] = {ONE: 52, EACH: 18, WHICH: 16, MORE: 7, FULLER: 3, GROUND: 4}
"""How often each kind is asked. MORE, FULLER and GROUND ask which picture has more of a thing, more
things, or a background of one colour."""

ORDINALS = ("first", "second")
_UNASKED = frozenset({"talk", "unknown"})  # not about a picture


@dataclass(frozen=True)
class PairQuery:
    """What is asked: of the picture with index `picture` where the kind is ONE."""

    kind: str  # a key of KIND_WEIGHTS
    query: Query
    picture: int | None = None
    colour: str | None = None  # of GROUND

    @property
    def group(self) -> str:
        """The reporting group."""
        return self.kind if self.kind in PAIR_GROUPS else WHICH


def answer_pair(pair: Pair, asked: PairQuery) -> str:
    """The canonical answer: it names the picture, then says what it would say of one alone."""
    if asked.picture is not None:
        return _said(asked.picture, answer(pair[asked.picture], asked.query))
    said = [_said(number, _about(scene, asked)) for number, scene in enumerate(pair)]
    return " ".join(said if asked.kind == EACH else [*said, _verdict(pair, asked)])


def sample_pair_query(
    pair: Pair,
    rng: Random,
    emphasis: Mapping[str, float] = MappingProxyType({}),
    *,
    later: bool = False,
) -> PairQuery:
    """A query about both pictures, or about one of them.

    Where the second came `later`, a question that names no picture is about that one alone.
    """
    weights = KIND_WEIGHTS | ({EACH: 0} if later else {})
    kind = rng.choices([*weights], [*weights.values()])[0]
    return sample_pair_query_of(kind, pair, rng, emphasis)


def sample_pair_query_of(
    kind: str, pair: Pair, rng: Random, emphasis: Mapping[str, float] = MappingProxyType({})
) -> PairQuery:
    """A query of one kind."""
    picture = rng.randrange(2)
    match kind:
        case "fuller":
            return PairQuery(kind, Query("total"))
        case "ground":
            seen = pair[picture].background
            colour = seen if rng.random() < 0.9 else rng.choice(tuple(BACKGROUNDS))
            return PairQuery(kind, Query("background"), colour=colour)
        case "which picture" | "more":
            return PairQuery(kind, Query("exists", _ref(pair, picture, rng)))
    query = sample_query(pair[picture], rng, emphasis)
    while query.kind in _UNASKED:
        query = sample_query(pair[picture], rng, emphasis)
    return PairQuery(kind, query, picture if kind == ONE else None)


def _ref(pair: Pair, picture: int, rng: Random) -> Ref:
    """A thing of this picture, one of both pictures where there is one, or of neither."""
    draw = rng.random()
    if draw < 0.1:
        return absent_ref(pair[picture], rng)
    shared = [
        Ref(item.thing) for item in pair[picture].items if pair[1 - picture].count(item.thing)
    ]
    return rng.choice(shared) if shared and draw < 0.45 else present_ref(pair[picture], rng)


def _said(picture: int, text: str) -> str:
    return f"{ORDINALS[picture].capitalize()} picture: {text}"


def _about(scene: Scene, asked: PairQuery) -> str:
    """What one picture has to say to the question: the evidence for the verdict."""
    if asked.kind == EACH:
        return answer(scene, asked.query)
    if asked.kind == GROUND:
        return f"{scene.background}."
    found = scene.items if asked.kind == FULLER else asked.query.first.find(scene)
    if not found:
        return "none."
    if asked.kind == WHICH:
        return f"{places(found)}."
    number = len(found)
    counted = (
        f"{NUMBERS[number]} thing{'s' * (number != 1)}"
        if asked.kind == FULLER
        else amount(number, asked.query.first)
    )
    return f"{places(found)}: {counted}."


def _verdict(pair: Pair, asked: PairQuery) -> str:
    if asked.kind == GROUND:
        fits = [scene.background == asked.colour for scene in pair]
        return _owner(fits, f"{article(asked.colour or '')} {asked.colour} background")
    if asked.kind == WHICH:
        ref = asked.query.first
        fits = [bool(ref.find(scene)) for scene in pair]
        return _owner(fits, f"{article(ref.one)} {ref.one}")
    counts = [
        len(scene.items if asked.kind == FULLER else asked.query.first.find(scene))
        for scene in pair
    ]
    if counts[0] == counts[1]:
        return "The same number."
    what = "things" if asked.kind == FULLER else asked.query.first.many
    return f"The {ORDINALS[counts[1] > counts[0]]} picture has more {what}."


def _owner(fits: list[bool], what: str) -> str:
    match fits:
        case [True, True]:
            return f"Both pictures have {what}."
        case [False, False]:
            return f"Neither picture has {what}."
    return f"The {ORDINALS[fits.index(True)]} picture has {what}."
