"""What is asked, apart from its wording, and the reporting group of each kind."""

from __future__ import annotations

from dataclasses import dataclass

from sensorium_pocket.world.scenes import Item, Scene
from sensorium_pocket.world.things import BY_NAME

SIDES: tuple[str, ...] = ("left", "right", "above", "below")

KINDS: dict[str, str] = {
    "caption": "caption",
    "exists": "yes/no",
    "background": "background",
    "where": "where",
    "place": "where",
    "unknown": "unknown thing",
    "count": "count",
    "total": "count",
    "at": "at",
    "relation": "relation",
    "next_to": "relation",
    "bigger": "bigger of two",
    "smaller": "bigger of two",
    "biggest": "biggest of all",
    "smallest": "biggest of all",
    "more": "more of",
    "colour": "colour",
    "talk": "small talk",
}
"""Every kind of question, and the group it is reported in."""

GROUPS: tuple[str, ...] = (*dict.fromkeys(KINDS.values()), "follow-up", "no picture")
"""Reporting groups. A turn's group is `Turn.group`."""

PAIR_GROUPS: tuple[str, ...] = ("one of two pictures", "each of two pictures", "which picture")
"""Reporting groups of questions that only make sense with two pictures."""


@dataclass(frozen=True)
class Ref:
    """What a question points at: a thing, perhaps of one colour."""

    thing: str
    colour: str | None = None

    @property
    def one(self) -> str:
        """'cat', 'red heart'."""
        return f"{self.colour} {self.thing}" if self.colour else self.thing

    @property
    def many(self) -> str:
        """'cats', 'red hearts'."""
        plural = BY_NAME[self.thing].plural
        return f"{self.colour} {plural}" if self.colour else plural

    def find(self, scene: Scene) -> tuple[Item, ...]:
        """The items it points at, in reading order."""
        return scene.find(self.thing, self.colour)


@dataclass(frozen=True)
class Query:
    """One question, fully resolved: what a follow-up leaves out is filled in here."""

    kind: str  # a key of KINDS
    subject: Ref | None = None
    other: Ref | None = None  # the second thing of relation, bigger, smaller, more
    cell: int | None = None  # of 'at' and 'place'
    side: str | None = None  # one of SIDES, of relation and next_to
    intent: str | None = None  # of 'talk': a key of talking.REPLIES

    @property
    def first(self) -> Ref:
        """The subject of a kind that has one."""
        if self.subject is None:
            raise ValueError(f"A {self.kind!r} query has no subject. Give Query(subject=Ref(...)).")
        return self.subject

    @property
    def second(self) -> Ref:
        """The other thing of a kind that compares two."""
        if self.other is None:
            raise ValueError(f"A {self.kind!r} query names one thing. Give Query(other=Ref(...)).")
        return self.other


@dataclass(frozen=True)
class Turn:
    """A question and its one right answer."""

    query: Query
    question: str
    answer: str
    followup: bool = False  # whether the wording only makes sense after the turn before
    sighted: bool = True  # whether there was a picture
    pair: str | None = None  # one of PAIR_GROUPS, where the question takes two pictures

    @property
    def group(self) -> str:
        """The reporting group, one of GROUPS or PAIR_GROUPS."""
        if self.pair is not None:
            return self.pair
        if self.query.kind == "talk":
            return "small talk"
        if not self.sighted:
            return "no picture"
        return "follow-up" if self.followup else KINDS[self.query.kind]
