"""Words that any question may use: openers, closers, and names for places and sides."""

from __future__ import annotations

from sensorium_pocket.world.things import CELLS


def entries(text: str) -> tuple[str, ...]:
    """The entries of a phrase table: separated by bars or line ends."""
    parts = (part.strip() for line in text.splitlines() for part in line.split("|"))
    return tuple(part for part in parts if part)


PICTURE_WORDS = entries("""
    picture | picture | picture | picture | image | image | image | photo | photo | scene | drawing
    pic | photograph | illustration
    """)

OPENERS: dict[str, tuple[str, ...]] = {
    "ask": entries("""
    hey, | hi, | hello, | ok, | so, | well, | please, | now, | quick question: | one question:
    a question: | question: | next question: | tell me, | tell me: | please tell me: | just curious,
    i wonder, | excuse me, | let me ask: | look at the {pic} and tell me: | look at the {pic}:
    looking at the {pic}, | look closely: | in this {pic}, | in the {pic}, | for this {pic},
    based on the {pic}, | from what you see, | from the {pic}, | according to the {pic},
    hey there, | alright, | about the {pic}: | and now: | one more thing: | sorry, | hm, | um, | oh,
    right, | listen, | good morning, | good evening, | hi there. | hello! | hey! | friend, | mate,
    dear model, | sorry to ask, but | pardon me, | if i may ask, | may i ask: | ok, next: | then,
    another one: | quick one: | easy one: | silly question, but | help me out: | i need your help:
    my son asks: | my daughter asks: | my kid would like to know: | my friend asks: | i forgot:
    i can't see well. | my eyes are bad: | i have no glasses on. | i am in a hurry: | just a check:
    just wondering, | out of curiosity, | for my homework: | for a quiz: | for fun: | i am not sure:
    take a look: | have a look: | look here: | look at this {pic}. | here is the {pic}.
    in my {pic}, | inside the {pic}, | on this {pic}, | with this {pic}, | as you see it,
    be honest, | in your opinion, | be so kind: | yo, | ok so | and | but | again,
    """),
    "tell": entries("""
    tell me | please tell me | can you tell me | could you tell me | could you please tell me
    would you tell me | can you say | please say | say | do you know | do you happen to know
    i wonder | i was wondering | i want to know | i would like to know | i'd like to know
    i need to know | let me know | please let me know | can you see | can you work out
    can you find out | find out | look at the {pic} and tell me | look at the {pic} and say
    look and tell me | look closely and tell me | hey, can you tell me | hey, tell me | any idea
    have you any idea | would you know | check | help me see | show me | i am curious
    i'm wondering | i am trying to find out | i'd love to know
    i'd be glad to know | i want you to say
    i can't tell | i don't know | i forgot | i am not sure | my son wants to know | my kid asks
    my daughter would like to know | my friend wants to know | my teacher asks | we want to know
    we were wondering | would you mind telling me | do you mind saying | are you able to say
    are you able to tell me | can you tell us | can you explain | could you say | could you check
    could you let me know | could you find out | can i ask | may i ask | may i know | might i ask
    is it possible to say | is it clear | be so kind and tell me | kindly tell me | just tell me
    quickly tell me | now tell me | so tell me | then tell me | pls tell me | please let us know
    help me find out | help me to know | sorry, but do you know | excuse me, do you know
    have a look and tell me | take a look and say | from the {pic}, tell me | try to say
    any chance you know | any clue | you know | guess | do tell me | explain to me | i ask you
    i have to know | i must know | i would love to know
    """),
    "do": entries("""
    please | please | can you | could you | can you please | could you please | would you
    will you | would you please | now | hey, | ok, | try to | kindly | i want you to
    i'd like you to | go ahead and | look at the {pic} and | look and | your task: | next:
    just | simply | quickly | first, | then | so, | well, | hi, | hello, | be so kind and | pls
    do me a favor and | i need you to | i'd love you to | i ask you to | i would like you to
    could you just | can you quickly | are you able to | you should
    help me: | help me to | for me, | in the {pic}, | with this {pic}: | using the {pic}, | task:
    may i ask you to | could i ask you to | would you be so kind to | have a look and
    sorry, can you
    hey, can you | my son wants you to | take your time and
    """),
    "terse": entries("""
    hey, | ok, | please: | now: | quick: | quick question: | tell me: | question:
    in the {pic}: | so, | next: | please, | hi, | hello, | and | again: | sorry: | um, | hm, | then:
    look: | say: | pls: | on the {pic}:
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
    , my friend | for me | right now | now | , in your view | , sorry | , pls | pls | plz | thx
    , if i may ask | , mate | , buddy | , dear | , by the way | , do you see | , then | then
    in my {pic} | inside the {pic} | on my {pic} | on this {pic} | within the {pic}
    on the {pic}, thanks | , please and thank you | , i wonder | , any idea | , i am curious
    . thanks | . please help | . i can't see it well | . i need to know | . my son wants to know
    . i am not sure | . just curious | . be quick | . take your time | . thank you!
    """)
"""What may stand after a core."""


def _spots(cell: int) -> tuple[str, ...]:
    row, column = divmod(cell, 3)
    v, w = {0: ("top", "upper"), 1: ("", ""), 2: ("bottom", "lower")}[row]
    h = ("left", "", "right")[column]
    if cell == 4:
        return entries("""
            center | center | center | middle | middle | middle | centre | very center | very middle
            very centre | exact center | exact middle | dead center
            """)
    if row == 1:
        return entries(f"""
            {h} | {h} | {h} side | middle {h} | center {h} | {h} middle | {h} center
            {h}-hand side | {h} edge | {h} hand side | far {h} | middle of the {h}
            center of the {h} | middle of the {h} side
            """)
    if column == 1:
        return entries(f"""
            {v} | {v} | {v} | {v} middle | {v} center | {v} centre | {w} middle | {w} center
            middle of the {v} | center of the {v} | {v} edge | {w} edge | very {v} | {v} side
            {w} side | middle of the {v} edge | {w} part | {v} part
            """)
    return entries(f"""
        {v} {h} | {v} {h} | {v} {h} | {w} {h} | {w} {h} | {v}-{h} | {w}-{h}
        {v} {h} corner | {v} {h} corner | {w} {h} corner | {w} {h} corner | {v}-{h} corner
        {w}-{h} corner | {v} {h}-hand corner | corner at the {v} {h} | {w} {h}-hand corner
        {v} {h} hand corner | {h} {v} corner | {h} {w} corner | {h} {v} | {v} {h} area
        {v} {h} part | {w} {h} area | {v} {h} edge | {v} {h} side | far {v} {h} | {v}{h}
        """)


SPOTS: tuple[tuple[str, ...], ...] = tuple(_spots(cell) for cell in range(len(CELLS)))
"""How questions name each cell, after 'the'."""

SIDE_PHRASES: dict[str, tuple[str, ...]] = {
    "left": entries("""
    left of | left of | to the left of | to the left of | to the left of | on the left of
    on the left side of | to the left side of | on the left-hand side of | further left than
    more to the left than | at the left of | left from | somewhere left of
    """),
    "right": entries("""
    right of | right of | to the right of | to the right of | to the right of | on the right of
    on the right side of | to the right side of | on the right-hand side of | further right than
    more to the right than | at the right of | right from | somewhere right of
    """),
    "above": entries("""
    above | above | above | above | over | higher than | higher up than | further up than | up above
    somewhere above | on top of | nearer to the top than | at a higher place than
    """),
    "below": entries("""
    below | below | below | below | under | under | beneath | underneath | lower than
    lower down than | further down than | down below | somewhere below | nearer to the bottom than
    at a lower place than
    """),
}
"""'is the cat ... the dog': a comparison of columns or rows."""

NEAR_PHRASES: dict[str, tuple[str, ...]] = {
    "left": entries("""
    left of | to the left of | directly left of | immediately left of | just left of | left from
    directly to the left of | on the left of | just to the left of | on the left side of
    at the left of | to the immediate left of | on the left-hand side of | left to | next left to
    """),
    "right": entries("""
    right of | to the right of | directly right of | immediately right of | just right of
    right from | directly to the right of | on the right of | just to the right of
    on the right side of | at the right of | to the immediate right of | next right to
    on the right-hand side of | right to
    """),
    "above": entries("""
    above | above | directly above | just above | right above | over | on top of | immediately above
    directly over | right over | just over | one up from | up above
    """),
    "below": entries("""
    below | below | directly below | just below | right below | under | beneath | underneath
    directly under | right under | immediately below | just under | directly beneath | one down from
    down below | right beneath
    """),
}
"""'what is ... the dog': the neighbouring cell."""
