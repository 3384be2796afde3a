"""Turns phrase tables into sentences: slots, openers, closers, punctuation, small typos.

A family file gives each kind a `Phrases`: cores in five grammatical moods, because
'can you tell me' goes before 'where the cat is' but not before 'where is the cat'.
"""

from __future__ import annotations

import re
from random import Random

from sensorium_pocket.world.things import BY_NAME, COLOURS, article

from .query import Query, Ref
from .wordbank import CLOSERS, NEAR_PHRASES, OPENERS, PICTURE_WORDS, SIDE_PHRASES, SPOTS, entries

Slots = dict[str, str]
_MOODS = {"ask": 2.0, "tell": 1.0, "do": 1.0, "terse": 1.0, "say": 1.5}  # and their weights


class Phrases:
    """The wordings of one kind. Slots in braces are listed in `fill_slots`."""

    def __init__(
        self, ask: str, tell: str = "", do: str = "", terse: str = "", say: str = ""
    ) -> None:
        """Take tables of cores, see `wordbank.entries`.

        `ask`: questions; `tell`: clauses after 'tell me'; `do`: commands; `terse`: scraps;
        `say`: whole utterances that nothing is put around, a question mark behind questions.
        """
        self.moods = {
            mood: entries(table)
            for mood, table in zip(_MOODS, (ask, tell, do, terse, say), strict=True)
        }
        self._weigh()

    def with_casual(self, casual: Phrases) -> Phrases:
        """Both tables in one. The plain cores count double: they are what people say most."""
        both = Phrases("")
        both.moods = {mood: 2 * cores + casual.moods[mood] for mood, cores in self.moods.items()}
        both._weigh()
        return both

    def _weigh(self) -> None:
        self.names = [mood for mood, cores in self.moods.items() if cores]
        # A mood is as likely as the root of its number of cores, times its own weight.
        self.weights = [len(self.moods[mood]) ** 0.5 * _MOODS[mood] for mood in self.names]

    def pick(self, rng: Random) -> tuple[str, str]:
        """A mood and one of its cores."""
        mood = rng.choices(self.names, self.weights)[0]
        return mood, rng.choice(self.moods[mood])


_OPENED = {
    "ask": 0.3,
    "tell": 1.0,
    "do": 0.5,
    "terse": 0.12,
    "say": 0.1,
}  # how often there is an opener
_CLOSED = {"ask": 0.25, "tell": 0.15, "do": 0.2, "terse": 0.15, "say": 0.0}
_ASKING = ("can", "could", "would", "will", "do", "have", "any", "hey, can", "may", "might", "are")
_CONTRACTIONS = (("what is ", "what's "), ("where is ", "where's "), ("there is ", "there's "))
_TYPOS_PER_QUESTION = 0.08
_FIRST_LETTER = re.compile(r"^\w|(?<=[.?!] )\w|\bi\b(?=['\s])")  # of a sentence, or 'I'
_SHOUTED = 0.01  # all in capitals


def _pick_words(ref: Ref, rng: Random) -> tuple[str, str]:
    words = BY_NAME[ref.thing].words
    one, many = words[0] if len(words) == 1 or rng.random() < 0.72 else rng.choice(words[1:])
    return (f"{ref.colour} {one}", f"{ref.colour} {many}") if ref.colour else (one, many)


def _ref_slots(ref: Ref, rng: Random, tail: str) -> Slots:
    one, many = _pick_words(ref, rng)
    singular = rng.random() < 0.65
    the = "the" if rng.random() < 0.92 else rng.choice(("this", "that") if singular else ("these",))
    return {
        f"one{tail}": one,
        f"many{tail}": many,
        f"a{tail}": f"{article(one)} {one}",
        f"the{tail}": f"the {one}",
        f"those{tail}": f"the {many}",
        f"thes{tail}": f"{the} {one if singular else many}",  # 'the cat' or 'the cats'
        f"is{tail}": "is" if singular else "are",
        f"does{tail}": "does" if singular else "do",
        f"s{tail}": "s" if singular else "",
    }


def fill_slots(query: Query, rng: Random) -> Slots:
    """Words for every slot that a core of this query may use."""
    slots = {
        "pic": rng.choice(PICTURE_WORDS),
        "color": rng.choice(("color", "colour")),
    }
    slots["anycolor"], slots["anycolor2"] = rng.sample(COLOURS, 2)
    if query.subject is not None:
        slots.update(_ref_slots(query.subject, rng, ""))
    if query.other is not None:
        slots.update(_ref_slots(query.other, rng, "2"))
    if query.side is not None:
        slots["side"] = rng.choice(SIDE_PHRASES[query.side])
        slots["near"] = rng.choice(NEAR_PHRASES[query.side])
    if query.cell is not None:
        spot = rng.choice(SPOTS[query.cell])
        slots["spot"] = spot
        slots["at"] = f"{_preposition(spot, rng)} the {spot}"
    return slots


def _preposition(spot: str, rng: Random) -> str:
    if spot.startswith("very") and spot.endswith(("top", "bottom")):
        return "at"
    inside = spot.endswith(("corner", "area", "part")) or "middle" in spot or "cent" in spot
    if inside:
        return rng.choice(("in", "in", "at"))
    if "side" in spot or "edge" in spot or spot in ("left", "right"):
        return rng.choice(("on", "on", "at"))
    return rng.choice(("at", "at", "in", "on"))


_THE_PICTURE = re.compile(r"\b(the|this|that|a|my) \{pic\}")


def word(phrases: Phrases, slots: Slots, rng: Random, picture: str = "") -> str:
    """One wording: opener, core, closer, contractions, punctuation, case, perhaps a typo.

    `picture` is a name of the picture that is meant ('the first picture'), and is then part of it.
    """
    mood, core = phrases.pick(rng)
    text = _THE_PICTURE.sub(picture, core) if picture else core
    question = mood in ("ask", "terse") or core.endswith("?")
    text = text.removesuffix("?")
    named = not picture or text != core.removesuffix("?")
    if not named and not set(",:.?") & set(text) and rng.random() < 0.55:
        text, named = f"{text} in {picture}", True
    pictured = bool(picture) or "{pic}" in core
    if rng.random() < _OPENED[mood]:
        opener = rng.choice(OPENERS[mood])
        if not (pictured and "{pic}" in opener):
            pictured = pictured or "{pic}" in opener
            question = question or opener.startswith(_ASKING)
            text = f"{opener} {text}"
        elif mood == "tell":
            text = f"tell me {text}"
    if rng.random() < _CLOSED[mood]:
        closer = rng.choice(CLOSERS)
        if closer.startswith("."):  # a sentence of its own
            text += ("?" if question and rng.random() < 0.7 else ".") + closer[1:]
            question = False
        elif not (pictured and "{pic}" in closer):
            text = text + closer if closer.startswith(",") else f"{text} {closer}"
    if not named:
        text = rng.choices((f"in {picture}, {text}", f"{picture}: {text}"), (4, 1))[0]
    return finish(text.format_map(slots), question, rng)


def finish(text: str, question: bool, rng: Random) -> str:
    """Contractions, a rare typo, end punctuation and the first letter's case."""
    if rng.random() < 0.25:
        for long, short in _CONTRACTIONS:
            text = text.replace(long, short)
        if rng.random() < 0.2:
            text = text.replace("'", "")
    if rng.random() < _TYPOS_PER_QUESTION:
        text = misspell(text, rng)
    if text[-1] not in "?!.":
        text += rng.choices(("?", "", ".", "!"), (75, 22, 2, 1) if question else (8, 40, 48, 4))[0]
    if rng.random() < 0.55:
        text = _FIRST_LETTER.sub(lambda found: found[0].upper(), text)
    return text.upper() if rng.random() < _SHOUTED else text


# Only these may be misspelled: no word here decides what is asked.
_SAFE = frozenset(
    entries("""
    what | where | which | tell | please | could | would | picture | image | photo | scene
    drawing | know | many | wonder | does | this | that | number | find | look | something
    anything | there | the | you | are | see | can | your | have | with | thing | things | object
    objects | wondering | want | looking | wants | say | show | here | whether | think | true
    thanks | hello | should | about | really | exactly | visible | located | question
    """)
)

# How people misspell some of them on purpose or by ear.
_SLIPS: dict[str, tuple[str, ...]] = {
    "are": ("r", "ar"),
    "can": ("cann", "cna"),
    "does": ("dose", "dos", "dus"),
    "have": ("hav", "haev"),
    "know": ("kno", "knwo"),
    "many": ("meny", "manny", "mny"),
    "number": ("nr", "numbr"),
    "object": ("objekt", "obect"),
    "objects": ("objekts", "obects"),
    "picture": ("pictur", "picure", "pitcure"),
    "please": ("pls", "plz", "pleas"),
    "the": ("teh", "th", "da"),
    "there": ("ther", "their", "thier"),
    "thing": ("thin", "ting"),
    "things": ("thigs", "tings"),
    "what": ("wat", "wht", "wot"),
    "where": ("wher", "were", "whre"),
    "which": ("wich", "witch", "whitch"),
    "you": ("u", "yu", "ya"),
    "your": ("ur", "youre"),
}


def misspell(text: str, rng: Random) -> str:
    """One harmless word as it is often misspelled, or with a letter dropped, doubled or swapped."""
    words = text.split(" ")
    spots = [index for index, part in enumerate(words) if part in _SAFE]
    if not spots:
        return text
    index = rng.choice(spots)
    part = words[index]
    if part in _SLIPS and rng.random() < 0.5:
        words[index] = rng.choice(_SLIPS[part])
        return " ".join(words)
    at = rng.randrange(1, len(part) - 1)
    words[index] = rng.choice(
        (
            part[:at] + part[at + 1 :],
            part[:at] + part[at] + part[at:],
            part[:at] + part[at + 1] + part[at] + part[at + 2 :],
        )
    )
    return " ".join(words)
