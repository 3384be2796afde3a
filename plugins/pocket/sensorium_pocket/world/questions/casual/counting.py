"""Casual wordings of counting: how many of one thing, and how many things."""

from __future__ import annotations

from sensorium_pocket.world.questions.wording import Phrases

COUNT = Phrases(
    ask="""
    how many {one} are there | how many {one} do you see | how many {one} in the {pic}
    how many {many} is there | how much {many} are there | how much {many} do you see
    how much {many} is in the {pic} | how many {many} you see | how many {many} has the {pic}
    how many {many} have the {pic} | how many {many} contains the {pic}
    how many {many} is in the {pic} | how many {many} can you make out
    how many {many} can you recognise | how many {many} can you notice | how many {many} can i find
    how many {many} can i see here | how many {many} could you count
    how many {many} could you find | how many {many} do you notice | how many {many} do you spot
    how many {many} do you get when you count | how many {many} do i see
    how many {many} did i draw | how many {many} did you count | how many {many} did you find
    how many {many} did they draw | how many {many} have i drawn | how many {many} have you spotted
    how many {many} show up | how many {many} show up in the {pic} | how many {many} turn up
    how many {many} pop up in the {pic} | how many {many} feature in the {pic}
    how many {many} does the {pic} feature | how many {many} does the {pic} include
    how many {many} does my {pic} have | how many {many} sit in the {pic}
    how many {many} are hanging around | how many {many} are around
    how many {many} are hiding in the {pic} | how many {many} are sitting there
    how many {many} are depicted | how many {many} are drawn | how many {many} are to be seen
    how many {many} are to be found | how many {many} are there exactly
    how many {many} are there in all | how many {many} are there altogether
    how many {many} all together | how many {many} overall | how many {many} total
    how many {many} can one count | how many {many} might there be | how many {many} would that be
    how many {many} would you count | how many {many} would you find | how many {many} exactly
    how many individual {many} are there | how many times do {many} appear
    how many times can you see {a} | how many times did they draw {a} | how many times is {a} shown
    how many of the objects are {many} | how many of the items are {many}
    how many of them are {many} | how many among the things are {many} | how many objects are {many}
    how numerous are the {many} | how large is the number of {many} | what is the amount of {many}
    what is the quantity of {many} | what is the {one} count | what is your count of {many}
    what count of {many} do you get | what number of {many} are there
    what number of {many} can you see | what do you get when you count the {many}
    can i get the number of {many} | may i know the number of {many}
    could i have the number of {many} | may i ask how many {many} there are
    do you know the number of {many} | is there just one {one} | is there just the one {one}
    is it one {one} or several | is there one {one} or are there more | are there two or more {many}
    is there one {one} or two | {many} how many are there | {many} how many
    of the {many} how many do you see | the {many} are how many | the {many}, how many are they
    there is how many {many} | we have how many {many} | in the {pic} how many {many} are
    in the {pic} are how many {many} | isn't there more than one {one} | aren't there several {many}
    """,
    tell="""
    how many {many} can be seen | how many {many} you can find | how many {many} you can make out
    how many {many} you notice | how many {many} show up | how many {many} appear in the {pic}
    how many {many} i drew | how many {many} they drew | how many {many} there are in all
    how many {many} there are exactly | how many {one} there are | how many {many} is there
    the exact number of {many} | the total number of {many} | the amount of {many}
    the quantity of {many} | what number of {many} you see | how many of the objects are {many}
    how many of them are {many} | if there is more than one {one} | whether there is just one {one}
    whether there is one {one} or more
    """,
    do="""
    count me the {many} | count up the {many} | count up all the {many} | count each {one}
    count just the {many} | count only the {many} | count the {many} you can see
    count the {many} one by one | count every {one} you see | count how many {many} you see
    do a count of the {many} | do a {one} count | make a count of {many} | tally the {many}
    tally up the {many} | add all the {many} together | calculate the number of {many}
    calculate how many {many} there are | figure out how many {many} there are
    check how many {many} there are | see how many {many} you can find
    find out the number of {many} | find all the {many} and count them
    find the {many} and count them | go through the {pic} and count the {many}
    report the number of {many} | state the number of {many} | name the number of {many}
    write down how many {many} you see | give me the total of {many}
    give me the exact number of {many} | give the count of {many} | put a number on the {many}
    say the number of {many} | estimate the number of {many} | count {one}
    look at the {many} and count them
    """,
    terse="""
    {many} number | nr of {many} | {many} altogether | {many} overall | {many} amount
    {many} quantity | how many {one} | how much {many} | number of {one} | the amount of {many}
    the exact number of {many} | the quantity of {many} | {many} in the {pic}, how many
    {many} here: how many | just one {one} | only one {one} | more than one {one}
    one {one} or more | one {one} or several | several {many}
    """,
    say="""
    look at the {many}. how many? | look at the {many}. how many are there?
    look at all the {many}, how many do you see? | see the {many}? how many are there?
    see the {many}? count them | there are {many} in the {pic}. how many?
    there are some {many}. how many exactly? | there is {a}. is it the only one?
    i see {many}, how many are they? | i see some {many} but how many?
    i lost count of the {many}. how many are there? | i can't count the {many}, can you?
    i can't tell how many {many} there are | i keep losing count. how many {many}?
    i counted the {many} twice. how many do you get? | i need to know how many {many} there are
    i need the number of {many} | i was wondering how many {many} there are
    i wonder how many {many} you can find | i'd like a count of the {many}
    i want to know the number of {many} in the {pic}
    my son wants to know how many {many} there are
    my daughter counted the {many}. how many are there really?
    my kids ask how many {many} are in the {pic} | my teacher asks how many {many} there are
    my friend and i disagree: how many {many} are there?
    for my homework: how many {many} are there? | let's count the {many}
    let us count the {many} together. how many? | let's count. how many {many} are there?
    time to count: how many {many}? | we need a count of {many} | so many things! how many {many}?
    the {many}, count them please | the {many}. how many? | {many}. how many? | {many}: count them
    {many}, how many of them? | {many}, how many do you see? | {many}, how many would that be?
    how many {many}? i can't count | how many {many}? please count
    how many {many}? just the number | how many {many} are there? i lost count
    please count for me: how many {many}? | can you count? how many {many} are there?
    guess how many {many} there are | do you see the {many}? how many?
    do you see the {many}? please count them | if i count the {many}, what do i get?
    if you count all the {many}, how many are there? | one {one} or more than one?
    there is just one {one}, isn't there? | there is only one {one}, right?
    there are several {many}, aren't there? | there are how many {many} altogether?
    you counted how many {many}? | not counting anything else, how many {many}?
    tell me a number: how many {many} are there? | in numbers: how many {many}?
    i love {many}! how many are there? | are there any {many}? if so, how many?
    """,
)

TOTAL = Phrases(
    ask="""
    how many things are there overall | how many things overall | how many things all together
    how many things altogether | how many things can be seen | how many things can one see
    how many things can you find | how many things can you spot | how many things can you make out
    how many things do you count | how many things do you find | how many things do you notice
    how many things did i draw | how many things did you count | how many things are shown
    how many things are here | how many things are present | how many things have you counted
    how many things appear in the {pic} | how many things show up
    how many things show up in the {pic} | how many things does the {pic} have
    how many things does the {pic} contain | how many things does the {pic} include
    how many thing are there | how many things is there | how much things are there
    how many thing do you see | how many object are in the {pic} | how much objects do you see
    how many objects can be seen | how many objects can you find | how many objects can you make out
    how many objects do you count | how many objects does the {pic} have | how many objects appear
    how many objects turn up in the {pic} | how many objects overall | how many objects all together
    how many objects did you find | how many items can you see | how many items can you count
    how many items can you spot | how many items does the {pic} have
    how many items does the {pic} show | how many items altogether | how many items overall
    how many items do you count | how many separate things are there
    how many separate objects do you see | how many individual items are there
    how many emojis are there | how many icons do you see | how many symbols are in the {pic}
    how many elements are in the {pic} | how many elements do you count
    how many does that make in total | how many do you count in total | how many do you see in total
    how many do you see altogether | how many is it all together | how much is in the {pic}
    how much stuff do you see | how much stuff is in the {pic} | how large is the number of things
    how crowded is the {pic} | what is the total of all things | what is the total number of items
    what is the overall number of things | what is the overall count | what is your total
    what is the sum of all objects | what is the object count | what number of things is there
    what number of objects do you see | what number of items are in the {pic}
    what total do you get | what do you get if you count everything
    what do you get when you count all the things | things, how many are there
    the things in the {pic} are how many | there are how many things
    there are how many objects in the {pic} | you see how many things | you count how many objects
    in the {pic} how many things are there | is there just one thing or are there more
    is there more than one thing | are there many things | are there several objects
    """,
    tell="""
    how many things there are altogether | how many things there are overall
    how many things you can count | how many things you can find | how many things can be seen
    how many things show up | how many objects you count | how many objects there are in all
    how many objects the {pic} has | how many items you see | how many items the {pic} contains
    the overall number of things | the overall count | the total count
    the total of all the objects | the exact number of things | how much stuff there is
    what the total is | what you get if you count everything
    """,
    do="""
    count up everything | count up all the objects | count each thing | count every object
    count every single thing | count every item you see | count the things in the {pic}
    count the stuff in the {pic} | count the things one by one | count all items
    count whatever you see | count how many things there are | count how many objects you see
    count the number of things | tally everything | tally all the objects | add up all the things
    add up everything you see | total everything up | give me the total count
    give me the overall number | give me the number of items | give me a count of all objects
    give the total number of things | give the number of objects
    find out how many things there are | work out how many objects there are
    figure out the total number of things | determine the number of objects
    say how many things there are | say how many objects you see | check how many things there are
    report the total | state the total number of items | go through the {pic} and count the things
    """,
    terse="""
    total things | total objects | total items | thing count | things overall | items in total
    number of things in the {pic} | amount of things | amount of objects | quantity of objects
    the total number | overall count | things altogether | how many things all in all
    everything counted | things: how many | objects: how many | items, how many
    """,
    say="""
    look at everything. how many things is that? | look at all the stuff. how many things are there?
    there is a lot of stuff. how many things exactly? | so many things! how many are there?
    i can't count all the things. how many? | i lost count of the things. how many are there?
    i see lots of objects, how many are there? | i was wondering how many things there are
    i need to know how many things are in the {pic} | i need the total number of objects
    i'd like a count of everything | my son wants to know how many things there are
    my daughter asks how many objects you see | my kids want the total
    never mind what they are, how many things are there?
    i don't care what they are. how many objects? | whatever they are, how many things do you see?
    let's count everything. how many is it? | let's count all the things
    let us count the objects. how many? | if i count everything, what do i get?
    if you count all of it, how many things? | all together, how many things are there?
    all in all, how many things do you see? | in total, how many objects are there?
    altogether, how many items? | big and small, how many things are there?
    all kinds together, how many objects? | counting everything, how many things are there?
    counting all the objects, what is the total? | how many things? just the number
    how many things are there? i lost count | how many objects do you see? count them all
    everything in the {pic}: how many things? | one by one: how many things are there?
    please count for me. how many objects? | can you count? how many things are there?
    you see how many objects altogether? | guess how many things are in the {pic}
    there are lots of things, aren't there? how many?
    """,
)
