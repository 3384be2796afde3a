"""Elliptic wordings: they say only what differs from the turn before.

Keyed by what changes: another thing, another cell, or another question about the same thing.
"""

from __future__ import annotations

from .wording import Phrases

OTHER_THING = Phrases(
    ask="""
    and {many} | and {many} | and {a} | and the {many} | and the {one}
    and what about {many} | and what about the {many} | and how about {many} | what about {many}
    what about {many} | what about {a} | what about the {many} | what about the {one}
    how about {many} | how about the {many} | how about {a} | and for {many} | or {many}
    the same for {many} | same question for {many} | same for {many} | also {many}
    """
)

OTHER_CELL = Phrases(
    ask="""
    and {at} | and {at} | and the {spot} | and what about the {spot} | and what is {at}
    and how about the {spot} | what about {at} | what about the {spot} | what about the {spot}
    how about the {spot} | how about {at} | and in the cell {at} | same for the {spot}
    also {at}
    """
)

WHERE_IT = Phrases(
    ask="""
    where | where is it | where is it | where are they | where exactly | where exactly is it
    where is that | where are those | and where | and where is it | and where are they
    whereabouts | where can i find it | where can i find them | where do you see it
    where do you see them | in which part of the {pic} | in which place | at which position
    can you tell me where | can you locate it | can you say where it is | can you show me where
    """,
    terse="""
    show me where | tell me where | tell me where it is | tell me where they are | say where
    locate it | locate them | find it | position | location
    """,
)

COLOUR_IT = Phrases(
    ask="""
    what {color} is it | what {color} is it | what {color} are they | which {color} is it
    which {color} are they | and what {color} is it | and what {color} are they
    and the {color} | and its {color} | what {color} | which {color} | what {color} does it have
    what is its {color} | what is the {color} | in what {color} | what about the {color}
    is it {anycolor} or {anycolor2} | of what {color}
    """,
    terse="""
    tell me its {color} | tell me the {color} | tell me what {color} it is | its {color}
    """,
)

COUNT_IT = Phrases(
    ask="""
    how many | how many | how many are there | how many of them | how many of them are there
    how many of those | how many do you see | how many can you see | how many can you count
    and how many | and how many are there | and how many of them | just one | only one
    more than one | how many exactly | exactly how many
    """,
    terse="""
    count them | count them for me | please count them | tell me how many | say how many
    give me the number
    """,
)

BACKGROUND_TOO = Phrases(
    ask="""
    and the background | and the background | and what about the background
    what about the background | how about the background | and what {color} is the background
    and the {color} of the background | and behind it | and behind them
    and the {color} behind it
    """
)

CAPTION_TOO = Phrases(
    ask="""
    what else | what else is there | what else do you see | what else can you see
    what else is in the {pic} | anything else | is there anything else
    do you see anything else | and what else | and the rest | what about the rest
    what other things are there | which other things do you see
    """,
    terse="""
    tell me everything | now describe everything | now the whole {pic} | describe the rest
    """,
)

TOTAL_TOO = Phrases(
    ask="""
    how many things is that | how many is that | how many is that in total | how many are these
    how many in total | and how many things are there | and how many things is that
    and how many in total | so how many things are there | how many are they in all
    """,
    terse="""
    count them all | and the total | and in total
    """,
)

NEXT_TO_IT = Phrases(
    ask="""
    what is {near} it | what is {near} it | and what is {near} it | and {near} it
    what do you see {near} it | is there anything {near} it | is anything {near} it
    what is there {near} it | anything {near} it | what about {near} it
    which thing is {near} it
    """
)

PHRASES = {
    "other thing": OTHER_THING,
    "at": OTHER_CELL,
    "where": WHERE_IT,
    "colour": COLOUR_IT,
    "count": COUNT_IT,
    "background": BACKGROUND_TOO,
    "caption": CAPTION_TOO,
    "total": TOTAL_TOO,
    "next_to": NEXT_TO_IT,
}
