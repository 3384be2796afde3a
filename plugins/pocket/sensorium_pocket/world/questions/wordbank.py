"""Words that any question may use: openers, closers, and names for places and sides."""

from __future__ import annotations

from sensorium_pocket.world.things import CELLS


def entries(text: str) -> tuple[str, ...]:
    """The entries of a phrase table: separated by bars or line ends."""
    parts = (part.strip() for line in text.splitlines() for part in line.split("|"))
    return tuple(part for part in parts if part)


PICTURE_WORDS = entries("picture|picture|picture|image|image|photo|scene|drawing|pic")

OPENERS: dict[str, tuple[str, ...]] = {
    "ask": entries("""
    hey, | hi, | hello, | ok, | so, | well, | please, | now, | quick question: | one question:
    a question: | question: | next question: | tell me, | tell me: | please tell me: | just curious,
    i wonder, | excuse me, | let me ask: | look at the {pic} and tell me: | look at the {pic}:
    looking at the {pic}, | look closely: | in this {pic}, | in the {pic}, | for this {pic},
    based on the {pic}, | from what you see, | from the {pic}, | according to the {pic},
    hey there, | alright, | about the {pic}: | and now: | one more thing:
    """),
    "tell": entries("""
    tell me | please tell me | can you tell me | could you tell me | could you please tell me
    would you tell me | can you say | please say | say | do you know | do you happen to know
    i wonder | i was wondering | i want to know | i would like to know | i'd like to know
    i need to know | let me know | please let me know | can you see | can you work out
    can you find out | find out | look at the {pic} and tell me | look at the {pic} and say
    look and tell me | look closely and tell me | hey, can you tell me | hey, tell me | any idea
    have you any idea | would you know | check | help me see | show me | i am curious
    """),
    "do": entries("""
    please | please | can you | could you | can you please | could you please | would you
    will you | would you please | now | hey, | ok, | try to | kindly | i want you to
    i'd like you to | go ahead and | look at the {pic} and | look and | your task: | next:
    """),
    "terse": entries("""
    hey, | ok, | please: | now: | quick: | quick question: | tell me: | question:
    in the {pic}: | so, | next:
    """),
    "say": entries("""
    hey, | hi, | hello, | hi there. | hello! | hey! | ok, | ok so | so, | well, | sorry, | please,
    excuse me, | good morning. | right, | oh, | um, | hm, | quick question:
    """),
}
"""What may stand before a core, by its mood."""

CLOSERS = entries("""
    please | , please | in the {pic} | in the {pic} | in this {pic} | in that {pic} | on the {pic}
    in the {pic}, please | here | in here | there | , thanks | , thank you | , can you tell
    , can you tell me | , do you know | , do you think | , would you say | , if you can see it
    , my friend | for me | right now | now | , in your view
    """)
"""What may stand after a core."""


def _spots(cell: int) -> tuple[str, ...]:
    row, column = divmod(cell, 3)
    v, w = {0: ("top", "upper"), 1: ("", ""), 2: ("bottom", "lower")}[row]
    h = ("left", "", "right")[column]
    if cell == 4:
        return entries("center | center | middle | middle | centre | very center | very middle")
    if row == 1:
        return entries(f"""
            {h} | {h} | {h} side | middle {h} | center {h} | {h} middle | {h} center
            {h}-hand side | {h} edge
            """)
    if column == 1:
        return entries(f"""
            {v} | {v} | {v} | {v} middle | {v} center | {v} centre | {w} middle | {w} center
            middle of the {v} | center of the {v} | {v} edge | {w} edge
            """)
    return entries(f"""
        {v} {h} | {v} {h} | {v} {h} | {w} {h} | {w} {h} | {v}-{h} | {w}-{h}
        {v} {h} corner | {v} {h} corner | {w} {h} corner | {w} {h} corner | {v}-{h} corner
        {w}-{h} corner | {v} {h}-hand corner | corner at the {v} {h}
        """)


SPOTS: tuple[tuple[str, ...], ...] = tuple(_spots(cell) for cell in range(len(CELLS)))
"""How questions name each cell, after 'the'."""

SIDE_PHRASES: dict[str, tuple[str, ...]] = {
    "left": entries("left of|to the left of|to the left of|on the left of|on the left side of"),
    "right": entries(
        "right of|to the right of|to the right of|on the right of|on the right side of"
    ),
    "above": entries("above|above|over|higher than|higher up than|further up than"),
    "below": entries("below|below|under|beneath|underneath|lower than|further down than"),
}
"""'is the cat ... the dog': a comparison of columns or rows."""

NEAR_PHRASES: dict[str, tuple[str, ...]] = {
    "left": entries("""
    left of | to the left of | directly left of | immediately left of | just left of | left from
    directly to the left of | on the left of | just to the left of
    """),
    "right": entries("""
    right of | to the right of | directly right of | immediately right of | just right of
    right from | directly to the right of | on the right of | just to the right of
    """),
    "above": entries("""
    above | above | directly above | just above | right above | over | on top of | immediately above
    """),
    "below": entries("""
    below | below | directly below | just below | right below | under | beneath | underneath
    directly under | right under | immediately below
    """),
}
"""'what is ... the dog': the neighbouring cell."""
