"""Scores answers: exact text for every kind, and overlap of what is named for captions."""

from __future__ import annotations

import re
from collections import Counter

from .questions.query import GROUPS, KINDS
from .scenes import Scene
from .things import BY_NAME, COLOURS, THINGS

__all__ = ["GROUPS", "KINDS", "caption_scores", "is_correct", "named_things"]

_NAMES = "|".join(sorted((thing.name for thing in THINGS), key=len, reverse=True))
_NAMED = re.compile(rf"\b(?:({'|'.join(COLOURS)}) )?({_NAMES})\b")


def is_correct(kind: str, expected: str, got: str) -> bool:
    """Whether an answer is the canonical one, apart from white space at its ends.

    Every kind is judged alike; an unknown `kind` is an error, so that a typo cannot drop a group.
    """
    if kind not in KINDS:
        raise ValueError(f"No question kind {kind!r}. Known kinds: {', '.join(KINDS)}.")
    return expected.strip() == got.strip()


def named_things(caption: str) -> Counter[tuple[str, str | None]]:
    """The (thing, colour) pairs that a caption names, each as often as it does."""
    listed = caption.split("The background")[0]
    return Counter(
        (name, colour or None if BY_NAME[name].colourable else None)
        for colour, name in _NAMED.findall(listed)
    )


def caption_scores(scene: Scene, got: str) -> tuple[int, int, int]:
    """(hits, said, present): recall is hits / present, precision hits / said."""
    said = named_things(got)
    present = Counter((item.thing, item.colour) for item in scene.items)
    return (said & present).total(), said.total(), present.total()
