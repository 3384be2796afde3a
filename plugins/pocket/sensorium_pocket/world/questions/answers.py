"""The one right answer to each query. Answers name their evidence first, in reading order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sensorium_pocket.world.scenes import Item, Scene
from sensorium_pocket.world.things import BY_NAME, CELLS, COLOURABLE, NUMBERS, article

from .query import Query, Ref
from .talking import REPLIES
from .unknown import REPLY as UNKNOWN

NO_PICTURE = "I do not see a picture yet. Please give me one."
NO_COLOURS = f"I only know the colors of {', '.join(t.plural for t in COLOURABLE[:-1])} and books."
SIDE_WORDS = {"left": "left of", "right": "right of", "above": "above", "below": "below"}
_STEPS = {"left": (0, -1), "right": (0, 1), "above": (-1, 0), "below": (1, 0)}
_SAME_SIZE = 1.2  # below this ratio of sizes neither of two is called bigger


def answer(scene: Scene | None, query: Query) -> str:
    """The canonical answer: the same scene and query give the same text."""
    if query.kind == "talk":
        return _talk(scene, query)
    if scene is None:
        return NO_PICTURE
    try:
        make = _ANSWERS[query.kind]
    except KeyError:
        known = ", ".join([*_ANSWERS, "talk"])
        raise ValueError(f"No question kind {query.kind!r}. Known kinds: {known}.") from None
    return make(scene, query)


def and_list(words: Sequence[str]) -> str:
    """'a', 'a and b', 'a, b and c'."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def amount(number: int, ref: Ref) -> str:
    """'two cats', 'one red heart', 'no cats'."""
    return f"{NUMBERS[number]} {ref.one if number == 1 else ref.many}"


def _a(ref: Ref) -> str:
    return f"{article(ref.one)} {ref.one}"


def _cells(items: Iterable[Item]) -> list[str]:
    return [CELLS[item.cell] for item in items]


def _talk(scene: Scene | None, query: Query) -> str:
    if query.intent == "seeing":
        return NO_PICTURE if scene is None else "Yes, I see a picture. Ask me about it."
    return REPLIES[query.intent or ""]


def _caption(scene: Scene, query: Query) -> str:
    seen = ", ".join(f"{CELLS[item.cell]} {item.phrase}" for item in scene.items) or "nothing"
    return f"I see: {seen}. The background is {scene.background}."


def _exists(scene: Scene, query: Query) -> str:
    found = _cells(query.first.find(scene))
    return f"Yes, at the {and_list(found)}." if found else f"No, there is no {query.first.one}."


def _background(scene: Scene, query: Query) -> str:
    return f"The background is {scene.background}."


def _where(scene: Scene, query: Query) -> str:
    found = _cells(query.first.find(scene))
    if not found:
        return _absent(query.first)
    subject = f"{query.first.one} is" if len(found) == 1 else f"{query.first.many} are"
    return f"The {subject} at the {and_list(found)}."


def _place(scene: Scene, query: Query) -> str:
    found = [item.cell for item in query.first.find(scene)]
    if not found:
        return _absent(query.first)
    return f"{_where(scene, query)[:-1]}: {'yes' if query.cell in found else 'no'}."


def _unknown(scene: Scene, query: Query) -> str:
    return UNKNOWN


def _tally(cells: list[str], counted: str) -> str:
    verb = "is" if len(cells) == 1 else "are"
    if not cells:
        return f"There are {counted}."
    return f"{', '.join(cells).capitalize()}: there {verb} {counted}."


def _count(scene: Scene, query: Query) -> str:
    found = query.first.find(scene)
    return _tally(_cells(found), amount(len(found), query.first))


def _total(scene: Scene, query: Query) -> str:
    number = len(scene.items)
    return _tally(_cells(scene.items), f"{NUMBERS[number]} thing{'s' * (number != 1)}")


def _at(scene: Scene, query: Query) -> str:
    if query.cell is None:
        raise ValueError("An 'at' query needs a cell: Query('at', cell=0).")
    item = scene.at(query.cell)
    return f"There is {item.phrase if item else 'nothing'} at the {CELLS[query.cell]}."


def _colour(scene: Scene, query: Query) -> str:
    if not BY_NAME[query.first.thing].colourable:
        return NO_COLOURS
    colours = list(dict.fromkeys(str(item.colour) for item in query.first.find(scene)))
    if not colours:
        return _absent(query.first)
    several = len(query.first.find(scene)) > 1
    subject = f"{query.first.many} are" if several else f"{query.first.one} is"
    return f"The {subject} {and_list(colours)}."


def _absent(ref: Ref) -> str:
    return f"I do not see {_a(ref)}."


def _not_one(scene: Scene, refs: Iterable[Ref]) -> str | None:
    """What to say when a question about one thing finds none or several."""
    for ref in refs:
        number = len(ref.find(scene))
        if number == 0:
            return _absent(ref)
        if number > 1:
            return f"I see {amount(number, ref)}. Please ask about one."
    return None


def _relation(scene: Scene, query: Query) -> str:
    if trouble := _not_one(scene, (query.first, query.second)):
        return trouble
    (one,), (other,) = query.first.find(scene), query.second.find(scene)
    truth = {
        "left": one.column < other.column,
        "right": one.column > other.column,
        "above": one.row < other.row,
        "below": one.row > other.row,
    }[str(query.side)]
    first, second = query.first.one, query.second.one
    return (
        f"The {first} is at the {CELLS[one.cell]}, the {second} at the {CELLS[other.cell]}: "
        f"{'yes' if truth else 'no'}, the {first} is {'' if truth else 'not '}"
        f"{SIDE_WORDS[str(query.side)]} the {second}."
    )


def neighbour(scene: Scene, item: Item, side: str) -> Item | None:
    """The item in the cell directly beside another's."""
    row, column = item.row + _STEPS[side][0], item.column + _STEPS[side][1]
    return scene.at(3 * row + column) if 0 <= row < 3 and 0 <= column < 3 else None


def _next_to(scene: Scene, query: Query) -> str:
    if trouble := _not_one(scene, (query.first,)):
        return trouble
    (item,) = query.first.find(scene)
    side = SIDE_WORDS[str(query.side)]
    found = neighbour(scene, item, str(query.side))
    result = f"{side} it is {found.phrase}" if found else f"there is nothing {side} it"
    return f"The {query.first.one} is at the {CELLS[item.cell]}: {result}."


def _compare(scene: Scene, query: Query) -> str:
    if trouble := _not_one(scene, (query.first, query.second)):
        return trouble
    (one,), (other,) = query.first.find(scene), query.second.find(scene)
    if max(one.scale, other.scale) < _SAME_SIZE * min(one.scale, other.scale):
        return "They are about the same size."
    first = (one.scale > other.scale) == (query.kind == "bigger")
    return f"The {(query.first if first else query.second).one} is {query.kind}."


def _extreme(scene: Scene, query: Query) -> str:
    if not scene.items:
        return "I do not see a thing."
    pick = max if query.kind == "biggest" else min
    item = pick(scene.items, key=lambda item: item.scale)
    return f"The {query.kind} thing is the {item.label} at the {CELLS[item.cell]}."


def _more(scene: Scene, query: Query) -> str:
    one, other = len(query.first.find(scene)), len(query.second.find(scene))
    more = query.first.many if one > other else query.second.many
    result = "the same number" if one == other else f"there are more {more}"
    counted = f"{amount(one, query.first)}, {amount(other, query.second)}".capitalize()
    return f"{counted}: {result}."


_ANSWERS = {
    "caption": _caption,
    "exists": _exists,
    "background": _background,
    "where": _where,
    "place": _place,
    "unknown": _unknown,
    "count": _count,
    "total": _total,
    "at": _at,
    "relation": _relation,
    "next_to": _next_to,
    "bigger": _compare,
    "smaller": _compare,
    "biggest": _extreme,
    "smallest": _extreme,
    "more": _more,
    "colour": _colour,
}
