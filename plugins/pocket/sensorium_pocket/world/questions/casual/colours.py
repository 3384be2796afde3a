"""Casual wordings of colours: of things, and of the background."""

from __future__ import annotations

from sensorium_pocket.world.questions.wording import Phrases

COLOUR = Phrases(
    ask="""
    what {color} would {thes} be | what {color} might {thes} be | what {color} did they give {thes}
    what {color} did they paint {thes} | what {color} was used for {thes}
    what {color} is used on {thes} | {is} {thes} of what {color} | {thes} {is} of which {color}
    {thes} {is} what {color} | {thes} {is} in what {color} | {thes} {is} which {color}
    {thes} {does} have what {color} | {thes}, what {color} {is} {s_it}
    {thes}, which {color} {does} {s_it} have | what is {the}'s {color}
    what is the {color} on {thes} | can you see what {color} {thes} {is}
    can you make out the {color} of {thes} | can you recognise what {color} {thes} {is}
    do you recognise the {color} of {thes} | do you see what {color} {thes} {is}
    could i know the {color} of {thes} | may i know the {color} of {thes}
    may i ask what {color} {thes} {is} | how would you describe the {color} of {thes}
    what {color} name fits {thes} | in what {color} did they draw {thes}
    in which {color} {is} {thes} painted | in which {color} {is} {thes} drawn
    with what {color} {is} {thes} painted | which {color} did i use for {thes}
    which {color} did i paint {thes} | what {color} did i draw {thes} in
    {is} {thes} {anycolor}, {anycolor2} or something else
    {is} {thes} more {anycolor} or more {anycolor2} | {is} {thes} {anycolor} or rather {anycolor2}
    which of the {color}s does {the} have | what {color} is it, {the}
    which {color} do you see on {thes} | which {color} has {the} got
    which {color} would you say {thes} {is} | what is the shade of {thes}
    what exactly is the {color} of {thes} | what exact {color} {is} {thes}
    what {color} {is} {thes} supposed to be | what {color} do you think {thes} {is}
    what {color} can you see on {thes} | what {color} {does} {thes} show | how {is} {thes} painted
    by {color}, what {is} {thes}
    """,
    tell="""
    what {color} {thes} would be | what {color} they painted {thes} | the exact {color} of {thes}
    in which {color} {thes} {is} painted | which {color} {thes} {is} painted in
    what {color} you see on {thes} | what {color} i used for {thes}
    which {color} you would call {thes} | what shade {thes} {is} | {the}'s {color}
    """,
    do="""
    say the {color} of {thes} | say what {color} {thes} {is} | look at {thes} and name the {color}
    look at {thes} and tell me the {color} | find {thes} and tell me the {color}
    find out what {color} {thes} {is} | find out the {color} of {thes} | check the {color} of {thes}
    check what {color} {thes} {is} | report the {color} of {thes} | recognise the {color} of {thes}
    determine the {color} of {thes} | tell what {color} {thes} {is} | name {the}'s {color}
    work out what {color} {thes} {is} | show me the {color} of {thes}
    figure out the {color} of {thes} | pick the {color} of {thes}: {anycolor} or {anycolor2}
    """,
    terse="""
    {many}: {color} | {one}: {color} | {thes}: which {color} | {the}, {color}
    {thes}, which {color} | {thes}, what {color} | {thes}: {anycolor} or {anycolor2}
    {thes}: {anycolor}, {anycolor2} or what | {thes} in what {color} | exact {color} of {thes}
    {one}'s {color} | what {color}, {thes} | which {color}, {thes} | what {color} {thes}
    which {color} {thes}
    """,
    say="""
    i can't tell the {color} of {thes}. what is it? | i am color blind, what {color} {is} {thes}?
    i'm colour-blind. which {color} {is} {thes}? | my son asks what {color} {thes} {is}
    my daughter wants to know the {color} of {thes} | i was wondering what {color} {thes} {is}
    i forgot what {color} {thes} {is} | i wonder which {color} {thes} {is}
    look at {thes}. what {color} {is} {s_it}? | look at {thes}. which {color} do you see?
    see {thes}? what {color} {is} {s_it}? | {thes}. {color}? | the {color} of {thes}, please
    the {color} of {thes} is what? | what {color} {is} {thes}? i can't tell
    what {color} {is} {thes}? i need it for a game | concerning {thes}, what {color} {is} {s_it}?
    about {thes}: what {color} {is} {s_it}? | i need the {color} of {thes}
    i would like the {color} of {thes}, please | i'd love to know what {color} {thes} {is}
    you see {thes}, don't you? what {color}? | is {the} {anycolor}? or {anycolor2}?
    not sure about the {color} of {thes}, can you say? | quickly, {the}: which {color}?
    the {one} there, what {color} is that? | tell me about {thes}: what {color}?
    there is {a}. what {color} is it? | i see {a}, what {color} is it?
    i see {a} but i can't tell the {color} | my screen is bad. what {color} {is} {thes}?
    let's talk about {thes}. what {color} {is} {s_it}?
    my friend says {thes} {is} {anycolor}, i say {anycolor2}. who is right?
    just the {color} of {thes}, please | help me with {thes}: {anycolor} or {anycolor2}?
    what {color}? i mean {thes}
    """,
)

BACKGROUND = Phrases(
    ask="""
    what {color} did i pick for the background | what {color} has the background
    what {color} has the background got | what {color} can you see behind the objects
    what {color} do you see in the background | what {color} lies behind the objects
    what {color} is the area around the things | what {color} is the rest of the {pic}
    what {color} is the paper | what {color} is the canvas | what {color} is the empty space
    what {color} is the empty part of the {pic} | what {color} is it all on
    what {color} is everything drawn on | what {color} are the objects placed on
    what {color} are the things sitting on | what {color} would you say the background is
    what {color} shows behind the things | which {color} is the backdrop
    which {color} is behind the objects | which {color} do you see behind everything
    which {color} was chosen for the background | which {color} covers the background
    which {color} has the background | what is the {color} at the back
    what is the main {color} behind the objects | what is behind the things
    what is behind all the objects | what is the backdrop | what is the backdrop like
    what is the {color} of the area behind the things | what is the {color} of the canvas
    what sort of background does the {pic} have | what type of background is this
    what background is there | what background do you see | what background {color} is it
    what background {color} does the {pic} have | which background does this {pic} have
    which background {color} do you see | how is the background | how is the background painted
    how would you describe the background | in what {color} is the background
    in which {color} is the background painted | of what {color} is the background
    the background, what {color} is it | the background, is it {anycolor} or {anycolor2}
    the {pic} is on what {color} | the background {color} is what
    the {color} of the background is what | can you make out the background {color}
    do you recognise the background {color} | may i ask what {color} the background is
    is the backdrop {anycolor} | is everything on {anycolor} | isn't the background {anycolor}
    is the background more {anycolor} or {anycolor2} | is the {color} of the background {anycolor}
    did they make the background {anycolor} or {anycolor2}
    """,
    tell="""
    what {color} they used for the background | what {color} lies behind the objects
    which {color} is behind everything | what sort of background it is
    what background the {pic} has | how the background looks | what is behind all the things
    what {color} the rest of the {pic} is | what {color} everything is drawn on
    the {color} behind the objects | the {color} of the backdrop
    which {color} fills the background | what the backdrop is
    """,
    do="""
    describe the backdrop | tell the {color} of the background
    look behind the things and name the {color} | say what {color} is behind the objects
    say what {color} the background is | ignore the things and name the {color} behind them
    focus on the background and name its {color} | check the {color} of the background
    check the background | find out the background {color}
    look at the background and tell me its {color} | give me the {color} behind the objects
    name the {color} that fills the rest | identify the backdrop {color}
    report the background {color} | describe what is behind the things
    show me the background {color}
    """,
    terse="""
    backdrop | the backdrop | background please | bg {color} | bg | {color} at the back
    {color} of the backdrop | {color} behind the objects | {color} in the background
    background: which {color} | background: {anycolor} or {anycolor2} | background, what {color}
    which background | what background | type of background | {pic} background
    {pic} background {color}
    """,
    say="""
    never mind the things, what {color} is the background?
    forget the objects. what {color} is the background?
    my son wants to know the {color} of the background
    i was wondering what {color} the background is | i can't tell what {color} the background is
    i need the {color} of the background | i'd like to know about the background {color}
    i want to match the background. what {color} is it? | look at the background. what {color}?
    look behind the things: what {color} do you see? | the background is {anycolor}, isn't it?
    the background is {anycolor}, right? | the background looks {anycolor}, doesn't it?
    i think the background is {anycolor}. true? | i say the background is {anycolor}. am i right?
    is the background {anycolor}? my friend says {anycolor2} | {anycolor} background, yes or no?
    the background. what {color} is it? | now the background, please
    behind all those things, what {color} is it?
    apart from the objects, what {color} is the {pic}?
    besides the things, what {color} is the {pic}?
    if you take away all the things, what {color} is left? | everything sits on what {color}?
    i am painting the background. which {color} do i need?
    i like that background. what {color} is it? | what a nice background! what {color} is it?
    the objects don't matter. what {color} is behind them?
    i am color blind: is the background {anycolor} or {anycolor2}?
    just the background {color}, please | let's talk about the background. which {color}?
    """,
)
