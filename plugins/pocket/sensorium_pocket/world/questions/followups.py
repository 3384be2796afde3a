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
    and the same for {many} | and now {many} | and now the {many} | now {many} | now the {one}
    ok and {many} | then {many} | then what about {many} | but what about {many} | but {many}
    and maybe {many} | or the {one} | or maybe {many} | or what about {a} | any thoughts on {many}
    {many} too | {many} as well | {a} as well | {a} too | how is it with {many} | next, {many}
    next {many} | next the {one} | what of {many} | what of the {one} | and with {many}
    and as for {many} | as for {many} | as for the {one} | same thing for {many}
    i meant {many} | no, i mean {many} | sorry, i meant {a} | i also want to know about {many}
    my son asks about {many} too | could you do the same for {many} | do the same for {many}
    do {many} now | now do {many} | try {many} | and tell me about {many} | {many} next
    """
)

OTHER_CELL = Phrases(
    ask="""
    and {at} | and {at} | and the {spot} | and what about the {spot} | and what is {at}
    and how about the {spot} | what about {at} | what about the {spot} | what about the {spot}
    how about the {spot} | how about {at} | and in the cell {at} | same for the {spot}
    also {at} | and now {at} | and now the {spot} | now {at} | now the {spot} | ok and {at}
    then {at} | then the {spot} | but what about {at} | or {at} | or the {spot} | next, the {spot}
    next, {at} | and then {at} | what of the {spot} | and as for the {spot} | as for the {spot}
    same question for the {spot} | the same for the {spot} | i meant {at} | no, i mean {at}
    sorry, i meant the {spot} | do the same for the {spot} | try the {spot} | the {spot} too
    and what do you see {at} | and tell me about the {spot} | and what sits {at} | {at} too
    and is there anything {at} | and who is {at} | the {spot} next | how is it {at}
    """
)

WHERE_IT = Phrases(
    ask="""
    where | where is it | where is it | where are they | where exactly | where exactly is it
    where is that | where are those | and where | and where is it | and where are they
    whereabouts | where can i find it | where can i find them | where do you see it
    where do you see them | in which part of the {pic} | in which place | at which position
    can you tell me where | can you locate it | can you say where it is | can you show me where
    and where exactly | but where | but where is it | but where are they | so where is it
    so where are they | ok, where | where is it then | where is it exactly | where is it hiding
    where does it sit | where did you see it | where did you find it | where did you spot it
    where should i look | where do i look | where do i find it | where would that be
    where about | in which spot | in what place | in which corner | on which side | on what side
    at what position | what is its position | what is its location | what is the location
    which part of the {pic} | do you know where | can you point to it | could you show me where
    could you tell me where it is | i can't see it, where is it | i can't find it, where is it
    i don't see it. where | i don't see them. where are they | yes, but where | great, where
    """,
    terse="""
    show me where | tell me where | tell me where it is | tell me where they are | say where
    locate it | locate them | find it | position | location | its position | its location
    point to it | point it out | point them out | show it to me | show them to me | the place
    find it for me | find them | tell me the place | give me its position | say where it is
    now tell me where | i want to know where | i wonder where | i can't find it | the spot
    """,
)

COLOUR_IT = Phrases(
    ask="""
    what {color} is it | what {color} is it | what {color} are they | which {color} is it
    which {color} are they | and what {color} is it | and what {color} are they
    and the {color} | and its {color} | what {color} | which {color} | what {color} does it have
    what is its {color} | what is the {color} | in what {color} | what about the {color}
    is it {anycolor} or {anycolor2} | of what {color} | and which {color} is it
    and which {color} | and what {color} | so what {color} is it | ok, and the {color}
    and in what {color} | what {color} is that | what {color} would it be | what about its {color}
    how about the {color} | what {color} do they have | what is their {color} | which {color} has it
    what {color} has it got | can you tell me the {color} | can you tell its {color}
    can you see the {color} | could you say what {color} | do you know the {color}
    do you see the {color} | are they {anycolor} or {anycolor2} | it is what {color}
    i can't tell the {color}, can you | i forgot to ask the {color} | but what {color} is it
    """,
    terse="""
    tell me its {color} | tell me the {color} | tell me what {color} it is | its {color}
    the {color} | {color} | name its {color} | name the {color} | give me the {color}
    say its {color}
    the {color} too | {color} too | i want to know the {color} | i wonder what {color}
    their {color}
    """,
)

COUNT_IT = Phrases(
    ask="""
    how many | how many | how many are there | how many of them | how many of them are there
    how many of those | how many do you see | how many can you see | how many can you count
    and how many | and how many are there | and how many of them | just one | only one
    more than one | how many exactly | exactly how many | so how many | so how many are there
    ok, how many | but how many | but how many are there | how many is that | how many would that be
    how many did you find | how many did you see | how many do you count | how many do you find
    how many can you find | how many in the {pic} | how many altogether | how many in all
    how many of these are there | how much of them | how many are they | how many have you found
    what number of them | what is the number | what is their number | is there more than one
    is there only one | is it just one | are there several | are there more of them | one or more
    just the one | can you count them | could you count them | do you know how many
    can you tell me how many | i wonder how many | great, how many | there are how many
    """,
    terse="""
    count them | count them for me | please count them | tell me how many | say how many
    give me the number | tell me the number | count those | count these | now count them
    and count them | let's count them | their number | the number | number | i want to know how many
    i need the number | just the number | add them up | i can't count them
    """,
)

BACKGROUND_TOO = Phrases(
    ask="""
    and the background | and the background | and what about the background
    what about the background | how about the background | and what {color} is the background
    and the {color} of the background | and behind it | and behind them
    and the {color} behind it | and now the background | now the background | ok, and the background
    and what is the background | and which {color} is the background | and how is the background
    and the background {color} | so what {color} is the background | also the background
    also the background {color} | and the backdrop | and what is behind it | and what is behind them
    and what {color} is behind them | but what {color} is the background | then the background
    what of the background | as for the background | how about the background {color}
    what about the backdrop | next, the background | the background too | the background as well
    and tell me about the background | i also need the background | what {color} is behind all that
    what {color} is it behind that | last, the background
    """
)

CAPTION_TOO = Phrases(
    ask="""
    what else | what else is there | what else do you see | what else can you see
    what else is in the {pic} | anything else | is there anything else
    do you see anything else | and what else | and the rest | what about the rest
    what other things are there | which other things do you see | and what else is there
    and what else do you see | what else can be seen | what else can you find
    what else have you got
    what else is shown | what else did you find | what else did you see | what else is visible
    what else is here | what other things do you see | what other things can you see
    what other objects are there | what other stuff is there | which other objects do you see
    which things are there besides | what is there besides that | what more is there
    what more do you see | what more can you see | anything more | any more things
    any other things
    any other objects | is there something else | is there anything more
    do you see something else | do you see other things | can you see anything else
    and apart from that | apart from that, what do you see | so what else | ok, what else
    nothing else | is that all you see | is that everything | is this everything | besides that
    and everything else | what about everything else | what about the other things
    """,
    terse="""
    tell me everything | now describe everything | now the whole {pic} | describe the rest
    tell me what else you see | tell me what else there is | list the rest | name the rest
    the rest
    name the other things | list everything else | tell me more about the {pic} | tell me the rest
    describe the whole {pic} then | now list everything | now tell me everything you see
    i want to know what else there is | i wonder what else is there | give me the rest
    """,
)

TOTAL_TOO = Phrases(
    ask="""
    how many things is that | how many is that | how many is that in total | how many are these
    how many in total | and how many things are there | and how many things is that
    and how many in total | so how many things are there | how many are they in all
    how many things are these | how many things are those | how many are those | how many are that
    how many is it | how many is it in all | how many does that make
    how many things does that make
    and how many is that | and how many is it in total | and how many are these
    so how many is that
    so how many in all | so how many in total | how many altogether | how many all together
    how many overall | how many in all | how many objects is that | how many objects are those
    how many items is that | and how many objects are there | and how many items in total
    what is that in total | what is that in numbers | what does it add up to | what is the sum
    what total is that | what is the total then | can you count them all | could you count them all
    """,
    terse="""
    count them all | and the total | and in total | in total | in all | the total of that
    all of them counted | now count them all | now count everything | now the total | the sum
    add them all up | so in total | give me the total then | tell me how many things that is
    please count all of these | count all these | count all those
    """,
)

NEXT_TO_IT = Phrases(
    ask="""
    what is {near} it | what is {near} it | and what is {near} it | and {near} it
    what do you see {near} it | is there anything {near} it | is anything {near} it
    what is there {near} it | anything {near} it | what about {near} it
    which thing is {near} it | and what is there {near} it | and what do you see {near} it
    and is there anything {near} it | and anything {near} it | and is something {near} it
    and which thing is {near} it | and what sits {near} it | what sits {near} it
    what lies {near} it
    what stands {near} it | what can you see {near} it | what do you find {near} it
    what can be seen {near} it | what is that {near} it | what is that thing {near} it
    what is the thing {near} it | what object is {near} it | what thing is {near} it
    which object is {near} it | what is located {near} it | what is hiding {near} it
    who is {near} it
    what else is {near} it | do you see anything {near} it | do you see something {near} it
    can you see anything {near} it | is there something {near} it | is something {near} it
    isn't there anything {near} it | and then {near} it | so what is {near} it
    ok, what is {near} it
    but what is {near} it | {near} it | {near} it, what is there | what do we have {near} it
    look {near} it, what is there | name the thing {near} it | tell me what is {near} it
    say what is {near} it | i wonder what is {near} it | the thing {near} it | something {near} it
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
