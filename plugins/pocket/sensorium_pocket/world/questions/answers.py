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


def amount(number: int, ref: Ref) -> str:
    """'two cats', 'one red heart', 'no cats'."""
    return f"{NUMBERS[number]} {ref.one if number == 1 else ref.many}"


def _a(ref: Ref) -> str:
    return f"{article(ref.one)} {ref.one}"


def _absent(ref: Ref) -> str:
    return f"I do not see {_a(ref)}."


def places(items: Iterable[Item]) -> str:
    """'Top left, center': the evidence that most answers begin with."""
    return ", ".join(CELLS[item.cell] for item in items).capitalize()


def _cell(query: Query) -> int:
    if query.cell is None:
        raise ValueError(f"A {query.kind!r} query needs a cell: Query({query.kind!r}, cell=0).")
    return query.cell


def _talk(scene: Scene | None, query: Query) -> str:
    if query.intent == "seeing":
        return NO_PICTURE if scene is None else "Yes, I see a picture. Ask me about it."
    return REPLIES[query.intent or ""]


def _caption(scene: Scene, query: Query) -> str:
    seen = ", ".join(f"{CELLS[item.cell]} {item.phrase}" for item in scene.items) or "nothing"
    return f"I see: {seen}. The background is {scene.background}."


def _exists(scene: Scene, query: Query) -> str:
    found = query.first.find(scene)
    if not found:
        return f"No, there is no {query.first.one}."
    return f"{places(found)}: yes, there is {_a(query.first)}."


def _background(scene: Scene, query: Query) -> str:
    return f"The background is {scene.background}."


def _where(scene: Scene, query: Query) -> str:
    found = query.first.find(scene)
    if not found:
        return _absent(query.first)
    counted = f"is the {query.first.one}" if len(found) == 1 else f"are the {query.first.many}"
    return f"{places(found)}: there {counted}."


def _place(scene: Scene, query: Query) -> str:
    there = query.first.find(scene)
    return f"{_at(scene, query)[:-1]}: {'yes' if scene.at(_cell(query)) in there else 'no'}."


def _unknown(scene: Scene, query: Query) -> str:
    return UNKNOWN


def _tally(found: Sequence[Item], counted: str) -> str:
    if not found:
        return f"There are {counted}."
    return f"{places(found)}: there {'is' if len(found) == 1 else 'are'} {counted}."


def _count(scene: Scene, query: Query) -> str:
    found = query.first.find(scene)
    return _tally(found, amount(len(found), query.first))


def _total(scene: Scene, query: Query) -> str:
    number = len(scene.items)
    return _tally(scene.items, f"{NUMBERS[number]} thing{'s' * (number != 1)}")


def _at(scene: Scene, query: Query) -> str:
    item = scene.at(_cell(query))
    return f"There is {item.phrase if item else 'nothing'} at the {CELLS[_cell(query)]}."


def _colour(scene: Scene, query: Query) -> str:
    if not BY_NAME[query.first.thing].colourable:
        return NO_COLOURS
    found = query.first.find(scene)
    seen = " ".join(f"{places([item])}: {item.phrase}." for item in found)
    return seen or _absent(query.first)


def _pointed(scene: Scene, *refs: Ref) -> tuple[str, list[Item]]:
    """Where the one item of each reference is, said one after another, and the items.

    Stops at the first reference that finds none or several; then there are fewer items than
    references.
    """
    said, items = [], []
    for ref in refs:
        found = ref.find(scene)
        if not found:
            said.append(_absent(ref))
            break
        if len(found) > 1:
            said.append(f"{places(found)}: {amount(len(found), ref)}. Please ask about one.")
            break
        said.append(f"{places(found)}: the {ref.one}.")
        items.append(found[0])
    return " ".join(said), items


def _relation(scene: Scene, query: Query) -> str:
    said, items = _pointed(scene, query.first, query.second)
    if len(items) < 2:
        return said
    one, other = items
    truth = {
        "left": one.column < other.column,
        "right": one.column > other.column,
        "above": one.row < other.row,
        "below": one.row > other.row,
    }[str(query.side)]
    verdict = f"{SIDE_WORDS[str(query.side)]} the {query.second.one}"
    if truth:
        return f"{said} Yes, the {query.first.one} is {verdict}."
    return f"{said} No, the {query.first.one} is not {verdict}."


def neighbour(scene: Scene, item: Item, side: str) -> Item | None:
    """The item in the cell directly beside another's."""
    row, column = item.row + _STEPS[side][0], item.column + _STEPS[side][1]
    return scene.at(3 * row + column) if 0 <= row < 3 and 0 <= column < 3 else None


def _next_to(scene: Scene, query: Query) -> str:
    said, items = _pointed(scene, query.first)
    if not items:
        return said
    side = str(query.side)
    found = neighbour(scene, items[0], side)
    return f"{said} {SIDE_WORDS[side].capitalize()} it: {found.phrase if found else 'nothing'}."


def _compare(scene: Scene, query: Query) -> str:
    said, items = _pointed(scene, query.first, query.second)
    if len(items) < 2:
        return said
    one, other = (item.scale for item in items)
    if max(one, other) < _SAME_SIZE * min(one, other):
        # Begins like the other answer: which thing, then how much. Both are thresholds of one
        # difference, where "they are the same" would ask for its size first.
        return f"{said} The {query.first.one} is about as big as the {query.second.one}."
    first = (one > other) == (query.kind == "bigger")
    return f"{said} The {(query.first if first else query.second).one} is {query.kind}."


def _extreme(scene: Scene, query: Query) -> str:
    if not scene.items:
        return "I do not see a thing."
    pick = max if query.kind == "biggest" else min
    item = pick(scene.items, key=lambda item: item.scale)
    return f"The {query.kind} thing is the {item.label} at the {CELLS[item.cell]}."


def _more(scene: Scene, query: Query) -> str:
    found = [(ref.find(scene), ref) for ref in (query.first, query.second)]
    counted = (
        f"{places(items)}: {amount(len(items), ref)}." if items else f"No {ref.many}."
        for items, ref in found
    )
    one, other = (len(items) for items, _ in found)
    more = query.first.many if one > other else query.second.many
    result = "The same number." if one == other else f"There are more {more}."
    return " ".join([*counted, result])


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
