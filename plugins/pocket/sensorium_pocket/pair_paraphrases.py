"""Questions about two pictures written by hand, with their meaning, and scenes for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from random import Random

from sensorium.plain_yaml import parse
from sensorium.text_files import read_text

from .paraphrases import as_query, scene_for
from .world.questions import Query, Ref, second_scene
from .world.questions.pairs import GROUND, MORE, ONE, WHICH, Pair, PairQuery
from .world.scenes import sample_scene


@dataclass(frozen=True)
class WrittenPairQuestion:
    """Somebody's own words, and what they ask of two pictures."""

    text: str
    asked: PairQuery


def written_pair_questions() -> Iterator[WrittenPairQuestion]:
    """All of pair_paraphrases.yaml, in its order."""
    text = read_text(files(__package__).joinpath("pair_paraphrases.yaml"))
    for entry in parse(text):
        match entry["kind"]:
            case "one":
                query = as_query(entry | {"kind": entry["asks"]})
                asked = PairQuery(ONE, query, entry["picture"] - 1)
            case "ground":
                asked = PairQuery(GROUND, Query("background"), colour=entry["colour"])
            case kind:
                ref = Ref(entry["thing"], entry.get("colour"))
                asked = PairQuery({"which": WHICH, "more": MORE}[kind], Query("exists", ref))
        yield WrittenPairQuestion(entry["text"], asked)


def pair_for(asked: PairQuery, rng: Random, *, present: bool) -> Pair:
    """Two scenes for the question. Without `present` what it asks for may be in neither."""
    picture = rng.randrange(2) if asked.picture is None else asked.picture
    scene = scene_for(asked.query, rng, present=present)
    if asked.colour is not None and present:
        while scene.background != asked.colour:
            scene = sample_scene(rng)
    other = second_scene(scene, rng)
    return (scene, other) if picture == 0 else (other, scene)
