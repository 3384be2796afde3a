"""Wordings of places: where a thing is, and how two things lie to each other."""

from __future__ import annotations

from .casual import placing, spots, where
from .wordbank import entries
from .wording import Phrases

PLACE = Phrases(
    ask="""
    is the {one} {at} | is the {one} {at} | is the {one} {at} | is there {a} {at}
    is there {a} {at} | is there any {one} {at} | are there any {many} {at} | is it {a} {at}
    is {a} {at} | is {the} located {at} | is {the} placed {at} | is {the} sitting {at}
    do you see {a} {at} | can you see {a} {at} | do i see {a} {at} | is that {a} {at}
    is the thing {at} {a} | does the {spot} have {a} | does the {spot} show {a}
    does the {spot} hold {a} | can {the} be found {at} | do you find {a} {at}
    is {the} in the {pic} {at} | would i find {a} {at} | isn't there {a} {at}
    isn't the {one} {at} | is what you see {at} {a}
    """,
    tell="""
    whether {the} is {at} | if {the} is {at} | whether there is {a} {at} | if there is {a} {at}
    whether {a} is {at}
    """,
    do="""
    check whether {the} is {at} | check if there is {a} {at} | verify that {the} is {at}
    confirm that {the} is {at}
    """,
    terse="""
    {a} {at}, right | {the} is {at}, right | {the} is {at}, no | {the} {at}, yes or no
    {one} {at}, yes or no | {one} {at}, true or false | so there is {a} {at}
    i think {the} is {at} | i believe there is {a} {at} | it looks like {a} {at}
    is {the} {at} or not | true or false: {the} is {at} | {the} {at}, correct
    {the} is {at}, isn't it | any {one} {at}
    """,
).with_casual(spots.PLACE)

WHERE = Phrases(
    ask="""
    where {is} {thes} | where {is} {thes} | where {is} {thes} | where {is} {thes}
    where {is} {thes} located | where {is} {thes} placed | where {is} {thes} positioned
    where {is} {thes} situated | where {is} {thes} in the {pic} | where {is} {thes} to be found
    where {is} {thes} hiding | where {is} {thes} sitting | where is there {a}
    where are there {many} | where are there any {many} | where in the {pic} {is} {thes}
    where in the {pic} can i find {thes} | where do you see {a} | where do you see {thes}
    where do you find {thes} | where do i find {thes} | where do i look for {thes}
    where do {those} sit | where can you see {thes} | where can i find {a}
    where can i find {thes} | where can i see {thes} | where can {thes} be found
    where can {thes} be seen | where could i find {thes} | where did you see {thes}
    where did they put {thes} | where does {the} appear | where does {the} sit
    where does {the} stand | where should i look for {thes} | where should i look to see {thes}
    where would i find {thes} | where would you say {thes} {is} | whereabouts {is} {thes}
    whereabouts in the {pic} {is} {thes} | in what place {is} {thes}
    in which place {is} {thes} | in which part of the {pic} {is} {thes}
    in what part of the {pic} {is} {thes} | in which spot {is} {thes}
    in which corner or side {is} {thes} | in which position {is} {thes}
    at what position {is} {thes} | at which position {is} {thes} | on which side {is} {thes}
    what is the position of {thes} | what is the location of {thes} | what is the place of {the}
    what position does {the} have | what part of the {pic} has {thes}
    what part of the {pic} is {the} in | which part of the {pic} {is} {thes} in
    which part of the {pic} has {thes} | which part of the {pic} shows {thes}
    which spot holds {the} | which spot has {the} | which place holds {the}
    {thes}, where {is} {s_it} | can you locate {thes} | can you show me where {thes} {is}
    can you point to {thes}
    """,
    tell="""
    where {thes} {is} | where {thes} {is} | where {thes} {is} | where {thes} {is} located
    where {thes} {is} in the {pic} | where {thes} can be found | where you see {thes}
    where you see {a} | where i can find {thes} | where i find {thes} | where to find {thes}
    where to look for {thes} | where there is {a} | where in the {pic} {thes} {is}
    whereabouts {thes} {is} | the position of {thes} | the location of {thes}
    in which part of the {pic} {thes} {is} | which part of the {pic} has {thes}
    which spot holds {the} | at which position {thes} {is}
    """,
    do="""
    locate {thes} | locate {thes} | locate {a} | find {thes} | find {thes} | find {a}
    find me {thes} | point to {thes} | point me to {thes} | point out {thes} | point at {thes}
    show me {thes} | show me where {thes} {is} | give me the position of {thes}
    give me the location of {thes} | give the position of {thes} | help me find {thes}
    say where {thes} {is} | describe where {thes} {is} | describe the position of {thes}
    lead me to {thes} | direct me to {thes}
    """,
    terse="""
    position of {thes} | position of {thes} | location of {thes} | location of {thes}
    place of {the} | the position of {thes} | the location of {thes} | {one} position
    {one} location | {thes}: where | {thes}: position | {thes}, where | {many}, where
    {thes} {is} where | looking for {thes} | i am looking for {thes} | i can't find {thes}
    i cannot find {thes} | i don't see {thes}, where {is} {s_it}
    """,
).with_casual(where.WHERE)

RELATION = Phrases(
    ask="""
    is {the} {side} {the2} | is {the} {side} {the2} | is {the} {side} {the2}
    is {the} {side} {the2} | is {the} located {side} {the2} | is {the} placed {side} {the2}
    is {the} positioned {side} {the2} | is {the} somewhere {side} {the2}
    is {the} anywhere {side} {the2} | is {the} {side} {the2} or not
    is {the} really {side} {the2} | is it true that {the} is {side} {the2}
    is it right that {the} is {side} {the2} | is it correct that {the} is {side} {the2}
    is it the case that {the} is {side} {the2} | isn't {the} {side} {the2}
    does {the} sit {side} {the2} | does {the} lie {side} {the2} | does {the} stand {side} {the2}
    does {the} appear {side} {the2} | do you see {the} {side} {the2}
    do you find {the} {side} {the2} | do you think {the} is {side} {the2}
    can you see {the} {side} {the2} | can {the} be found {side} {the2}
    could you say {the} is {side} {the2} | would you say {the} is {side} {the2}
    would you say that {the} is {side} {the2} | {the} is {side} {the2}, right
    {the} is {side} {the2}, isn't it | {the} is {side} {the2}, yes or no
    {the} is {side} {the2}, true or false | true or false: {the} is {side} {the2}
    yes or no: is {the} {side} {the2} | compared to {the2}, is {the} {compared}
    """,
    tell="""
    if {the} is {side} {the2} | if {the} is {side} {the2} | if {the} is located {side} {the2}
    if {the} sits {side} {the2} | if {the} lies {side} {the2}
    if it is true that {the} is {side} {the2} | if you see {the} {side} {the2}
    whether {the} is {side} {the2} | whether {the} is {side} {the2}
    whether {the} is placed {side} {the2} | whether {the} sits {side} {the2}
    whether {the} appears {side} {the2}
    """,
    do="""
    check if {the} is {side} {the2} | check whether {the} is {side} {the2}
    see if {the} is {side} {the2} | say whether {the} is {side} {the2}
    say if {the} is {side} {the2} | confirm that {the} is {side} {the2}
    verify that {the} is {side} {the2}
    """,
    terse="""
    {the} {side} {the2} | {the} {side} {the2} | {one} {side} {the2} | {one} {side} {one2}
    {the} is {side} {the2}
    """,
).with_casual(placing.RELATION)

NEXT_TO = Phrases(
    ask="""
    what is {near} {the} | what is {near} {the} | what is {near} {the} | what is {near} {the}
    what is {near} {the} | what is there {near} {the} | what is located {near} {the}
    what is placed {near} {the} | what is sitting {near} {the} | what is shown {near} {the}
    what is visible {near} {the} | what is the thing {near} {the}
    what is the object {near} {the} | what do you see {near} {the}
    what do you see {near} {the} | what do you find {near} {the} | what can you see {near} {the}
    what can be seen {near} {the} | what can i find {near} {the} | what sits {near} {the}
    what lies {near} {the} | what stands {near} {the} | what appears {near} {the}
    what comes {near} {the} | what thing is {near} {the} | what object is {near} {the}
    what kind of thing is {near} {the} | what have we got {near} {the}
    what does {the} have {neighbour} | which thing is {near} {the}
    which thing sits {near} {the} | which object is {near} {the} | which item is {near} {the}
    is there anything {near} {the} | is there anything {near} {the}
    is there something {near} {the} | is anything {near} {the} | is something {near} {the}
    do you see anything {near} {the} | do you see something {near} {the}
    can you see anything {near} {the} | does {the} have anything {neighbour}
    {near} {the}, what is there | {near} {the}, what do you see
    looking {near} {the}, what do you see
    """,
    tell="""
    what is {near} {the} | what is {near} {the} | what is located {near} {the}
    what you see {near} {the} | what you find {near} {the} | what sits {near} {the}
    what lies {near} {the} | what there is {near} {the} | what thing is {near} {the}
    which thing is {near} {the} | what object is {near} {the} | what can be seen {near} {the}
    if there is anything {near} {the} | whether there is anything {near} {the}
    if anything is {near} {the}
    """,
    do="""
    name the thing {near} {the} | name the object {near} {the} | name what is {near} {the}
    describe what is {near} {the} | identify the thing {near} {the}
    identify the object {near} {the} | find {the} and say what is {neighbour}
    look {near} {the}
    """,
    terse="""
    anything {near} {the} | anything {near} {the} | something {near} {the} | thing {near} {the}
    the thing {near} {the} | object {near} {the} | the neighbor {near} {the} | {near} {the}
    """,
).with_casual(placing.NEXT_TO)

COMPARED = {
    "left": entries("further left|further left|farther left|more to the left|further to the left"),
    "right": entries(
        "further right|further right|farther right|more to the right|further to the right"
    ),
    "above": entries("higher up|higher up|higher|further up"),
    "below": entries("lower down|lower down|lower|further down"),
}
NEIGHBOUR = {
    "left": entries("on its left|on its left|to its left|left of it|to the left of it"),
    "right": entries("on its right|on its right|to its right|right of it|to the right of it"),
    "above": entries("above it|above it|just above it|on top of it|over it"),
    "below": entries("below it|below it|just below it|under it|underneath it|beneath it"),
}

PHRASES = {"where": WHERE, "place": PLACE, "relation": RELATION, "next_to": NEXT_TO}
