"""Casual wordings of where a thing is."""

from __future__ import annotations

from sensorium_pocket.world.questions.wording import Phrases

WHERE = Phrases(
    ask="""
    where {is} {thes} at | where {is} {thes} hidden | where {is} {thes} resting
    where {is} {thes} standing | where {is} {thes} hanging around | where {is} {thes} drawn
    where {is} {thes} shown | where {is} {thes} on the {pic} | where {is} {thes} exactly
    where exactly {is} {thes} | where exactly in the {pic} {is} {thes} | where abouts {is} {thes}
    where on the {pic} {is} {thes} | where on earth {is} {thes} | where the heck {is} {thes}
    where might {thes} be | where could {thes} be | where would {thes} be | where can {the} be
    where has {the} gone | where did {thes} go | where did {the} end up | where did you find {thes}
    where did you spot {thes} | where did i put {thes} | where did i draw {thes}
    where do you spot {thes} | where do you notice {thes} | where do you locate {thes}
    where do i see {thes} | where do i have to look for {thes} | where do we find {thes}
    where {does} {thes} show up | where {does} {thes} turn up | where {does} {thes} pop up
    where {does} {thes} hide | where {does} {thes} rest | where {does} {thes} hang around
    where {does} {thes} appear in the {pic} | where can we see {thes} | where can one find {thes}
    where can you spot {thes} | where can you find {the} | where could one see {thes}
    where have you seen {thes} | where have you spotted {thes} | where have i put {thes}
    where must i look to find {thes} | where should one look for {thes} | where will i find {thes}
    where was {the} placed | where they put {thes} | where you see {thes} | where is {a}
    where is there any {one} | where is it, {the} | where are they, {those}
    {thes} {is} where in the {pic} | {thes}, where can i find {s_them}
    {thes}, where do you see {s_them} | {thes} where {is} {s_it} | {thes} {is} located where
    {thes} can be found where | where {thes} {is} | in which area {is} {thes}
    in what area of the {pic} {is} {thes} | in which corner {is} {thes} | in what spot {is} {thes}
    in which region {is} {thes} | on what side {is} {thes} | on which side of the {pic} {is} {thes}
    at which place {is} {thes} | at what place do you see {thes} | at what spot {is} {thes}
    which place {is} {thes} at | which area holds {thes} | which corner has {the}
    which position has {the} | which position {does} {thes} have | which position {is} {thes} in
    what is {the}'s position | what is {the}'s location | what is the whereabouts of {thes}
    what are the whereabouts of {thes} | what is the spot of {the} | what spot {is} {thes} in
    what spot {does} {thes} sit in | what place {does} {thes} have | what area {is} {thes} in
    what corner {is} {thes} in | can you find {thes} for me | can you tell where {thes} {is}
    can you see where {thes} {is} | can you help me find {thes} | can you help me locate {thes}
    can you lead me to {thes} | can you say where to find {thes} | could you point out {thes}
    do you see where {thes} {is} | do you have any idea where {thes} {is}
    have you any idea where {thes} might be | does anyone know where {thes} {is}
    may i ask where {thes} {is} | {is} {thes} on the left or on the right
    {is} {thes} at the top or at the bottom | {is} {thes} left, right or in the middle
    """,
    tell="""
    where {thes} might be | where {thes} {is} hiding | where {thes} {is} sitting
    where {thes} {is} placed | where exactly {thes} {is} | where you spotted {thes}
    where you found {thes} | where they put {thes} | where i should look for {thes}
    where i put {thes} | where one can see {thes} | where to look if i want {the}
    in which corner {thes} {is} | in which spot {thes} {is} | in what part of the {pic} {thes} {is}
    on which side {thes} {is} | on what side i find {thes} | what position {thes} {is} in
    which spot {thes} {is} in | the whereabouts of {thes} | the exact position of {thes}
    the place of {the} | the spot where {thes} {is} | where in this {pic} to find {thes}
    how to find {thes} | where {is} {thes}
    """,
    do="""
    find where {thes} {is} | find out where {thes} {is} | find {thes} for me
    find the spot of {the} | find the place where {thes} {is} | find the location of {thes}
    find out the position of {thes} | figure out where {thes} {is} | work out where {thes} {is}
    look where {thes} {is} | look for {thes} and tell me where {s_it} {is}
    search for {thes} and say where {s_it} {is} | search {thes} and tell me where
    track down {thes} | hunt down {thes} | spot {thes} and say where {s_it} {is}
    tell where {thes} {is} | tell the position of {thes} | tell the location of {thes}
    state the position of {thes} | state where {thes} {is} | name the position of {thes}
    name the place of {the} | name the spot of {the} | name the part of the {pic} with {thes}
    identify the location of {thes} | identify where {thes} {is} | determine the position of {thes}
    indicate where {thes} {is} | indicate the position of {thes} | guide me to {thes}
    take me to {thes} | bring me to {thes} | show {thes} to me | show the place of {the}
    show me the way to {thes} | point to where {thes} {is} | point me in the direction of {thes}
    give me directions to {thes} | give me the whereabouts of {thes} | give the location of {thes}
    help me locate {thes} | help me spot {thes} | report where {thes} {is}
    """,
    terse="""
    where {thes} | where the {one} | {one}, where | {one} where | {one} place | {one} spot
    {many} location | {many} position | {many} whereabouts | whereabouts of {thes}
    exact position of {thes} | spot of {the} | can't find {thes} | cannot find {thes}
    can't see where {thes} {is} | trying to find {thes} | searching for {thes} | searching {thes}
    in search of {thes} | need to find {thes} | i am trying to find {thes}
    i am searching for {thes} | i need to find {thes} | i want to find {thes}
    i have to find {thes}
    """,
    say="""
    help, i lost {thes} | help, i lost my {one}. where is it? | i lost my {one} in this {pic}
    i lost {thes}. can you help me find {s_them}? | i have lost {thes}. where {is} {s_it}?
    i can't find my {one}, where is it? | i can't find {thes}. where {is} {s_it}?
    i can't find {thes} anywhere, help | i can't seem to find {thes}
    i can't for the life of me find {thes} | i don't know where {thes} {is}
    i have no idea where {thes} {is} | i have no idea where to look for {thes}
    i forgot where {thes} {is} | i forgot where i put {thes} | i know there is {a}, but where?
    i know there is {a} somewhere. where? | i was told there is {a}. where is it?
    i see no {one}. where is it? | i'm looking for {thes}, where {is} {s_it}?
    i'm looking for {thes}. any idea where? | i was looking for {thes}, can you point me there?
    i was wondering where {thes} {is} | i wonder where {thes} might be
    i want to see {thes}. where {is} {s_it}? | i want to know where {the} is hiding
    my son wants to know where {thes} {is} | my daughter can't find {thes}
    my daughter is looking for {thes}. where {is} {s_it}?
    my little girl can't see {thes}, where {is} {s_it}? | my kid is searching for {thes}
    my grandma cannot find {thes}, where {is} {s_it}? | we can't find {thes}
    we are looking for {thes} | there is {a} somewhere. where?
    there is {a} in the {pic}. where is it? | there is {a} hiding somewhere, but where?
    there should be {a}. where is it? | you see {thes}, but where? | you see {thes}? where?
    see {thes}? where {is} {s_it}? | do you see {thes}? where? | do you see {thes}? if so, where?
    do you see {a}? where? | is there {a}? if yes, where? | look for {thes}. where {is} {s_it}?
    look for {a}. where is it? | let's find {thes}. where {is} {s_it}?
    let's look for {thes} and see where {s_it} {is} | let's play hide and seek: where {is} {thes}?
    {thes}. where? | {thes}? where? | {thes}: left, right or middle? | {thes}: top or bottom?
    oh no, where did {the} go? | oh dear, where {is} {thes}? | come on, where {is} {thes} hiding?
    where {is} {thes}? i can't see {s_them} | where {is} {thes}? i've been looking everywhere
    where {is} {thes}? left or right? | where is {the}? my son is asking
    the {one} is missing. where is it? | the {one} must be somewhere. where?
    """,
)
