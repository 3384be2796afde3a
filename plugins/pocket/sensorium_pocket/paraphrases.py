"""Questions written by hand, with their meaning, and scenes in which they can be asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.resources import files
from random import Random
from typing import Any

from sensorium.plain_yaml import parse
from sensorium.text_files import read_text

from .world.questions import Query, Ref
from .world.scenes import Scene, sample_scene, visible_colours
from .world.things import BY_NAME

_INTENTS = {
    "greeting": "greeting",
    "how_are_you": "how",
    "who_are_you": "who",
    "what_can_you_do": "can",
    "thanks": "thanks",
    "bye": "bye",
    "out_of_scope": "outside",
}
_CLEAR_SIZE_RATIO = 1.4
_TRIES = 10_000


@dataclass(frozen=True)
class WrittenQuestion:
    """Somebody's own words, and the query they mean."""

    text: str
    query: Query


def written_questions() -> list[WrittenQuestion]:
    """All of paraphrases.yaml, in its order."""
    text = read_text(files(__package__).joinpath("paraphrases.yaml"))
    return [WrittenQuestion(entry["text"], _query(entry)) for entry in parse(text)]


def scene_for(query: Query, rng: Random, *, present: bool) -> Scene:
    """A scene in which the question has an answer; whether 'is there' has a yes is `present`."""
    for _ in range(_TRIES):
        scene = sample_scene(rng)
        if present or query.kind != "exists":
            scene = _with(scene, query, rng)
        if _fits(query, scene, present):
            return scene
    raise LookupError(f"No scene found for {query}")


def _with(scene: Scene, query: Query, rng: Random) -> Scene:
    """The scene with some of its things exchanged for those the question is about."""
    refs = [ref for ref in (query.subject, query.other) if ref is not None]
    items = list(scene.items)
    for ref, index in zip(refs, rng.sample(range(len(items)), len(items)), strict=False):
        colours = visible_colours(BY_NAME[ref.thing], scene.background)
        if colours and ref.colour in (None, *colours):
            colour = ref.colour or rng.choice(colours)
            items[index] = replace(items[index], thing=ref.thing, colour=colour)
    return replace(scene, items=tuple(items))


def _query(entry: dict[str, Any]) -> Query:
    kind = entry["kind"]
    return Query(
        kind,
        subject=Ref(entry["thing"], entry.get("colour")) if "thing" in entry else None,
        other=Ref(entry["other"]) if "other" in entry else None,
        cell=entry.get("cell"),
        side=entry.get("side"),
        intent=_INTENTS[entry["intent"]] if "intent" in entry else None,
    )


def _fits(query: Query, scene: Scene, present: bool) -> bool:
    numbers = [len(ref.find(scene)) for ref in (query.subject, query.other) if ref is not None]
    match query.kind:
        case "exists":
            return bool(numbers[0]) == present
        case "at":
            return query.cell is not None and (scene.at(query.cell) is not None or not present)
        case "count" | "where" | "colour":
            return numbers[0] > 0
        case "more":
            return any(numbers)
        case "relation" | "next_to":
            return all(number == 1 for number in numbers)
        case "bigger" | "smaller":
            return all(number == 1 for number in numbers) and _clear(
                [ref.find(scene)[0].scale for ref in (query.first, query.second)]
            )
        case "biggest":
            scales = sorted(item.scale for item in scene.items)
            return len(scales) > 1 and _clear(scales[-2:])
        case "smallest":
            scales = sorted(item.scale for item in scene.items)
            return len(scales) > 1 and _clear(scales[:2])
    return True


def _clear(scales: list[float]) -> bool:
    return max(scales) >= _CLEAR_SIZE_RATIO * min(scales)
