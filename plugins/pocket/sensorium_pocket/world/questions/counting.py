"""Wordings of counting: how many of one thing, how many things, which are more."""

from __future__ import annotations

from .casual import counting, more
from .wording import Phrases

COUNT = Phrases(
    ask="""
    how many {many} | how many {many} | how many {many} are there
    how many {many} are there | how many {many} are there | how many {many} do you see
    how many {many} do you see | how many {many} can you see | how many {many} can you count
    how many {many} can you find | how many {many} can you spot | how many {many} do you count
    how many {many} do you find | how many {many} are in the {pic}
    how many {many} are in this {pic} | how many {many} are shown | how many {many} are visible
    how many {many} are present | how many {many} are here | how many {many} appear
    how many {many} appear in the {pic} | how many {many} exist | how many {many} have we got
    how many {many} have you got | how many {many} have you found
    how many {many} have you counted | how many {many} does the {pic} show
    how many {many} does the {pic} have | how many {many} does the {pic} contain
    how many {many} does it contain | how many {many} does this show
    how many {many} would you say there are | how many {many} in total | how many {many} in all
    how many {many} altogether | how many {many} does one see | how many {many} can be seen
    how many {many} can be counted | how many {many} did you see | how many {many} do i have
    how many {many} do we have | how many of the things are {many}
    how many of these things are {many} | how many of these are {many}
    how many times do you see {a} | how many times does {a} appear | how often do you see {a}
    how often does {a} appear | exactly how many {many} are there | what is the number of {many}
    what is the total number of {many} | what is the count of {many}
    what number of {many} do you see | what number of {many} is there
    is there one {one} or more | are there one or more {many} | is there only one {one}
    is there more than one {one} | are there several {many} | are there many {many}
    of {many}, how many are there | {many}: how many are there | there are how many {many}
    you see how many {many}
    """,
    tell="""
    how many {many} there are | how many {many} there are | how many {many} are there
    how many {many} you see | how many {many} you can see | how many {many} you can count
    how many {many} you count | how many {many} you find | how many {many} are in the {pic}
    how many {many} are shown | how many {many} are visible | how many {many} the {pic} shows
    how many {many} the {pic} has | how many {many} it contains | how many {many} i have
    the number of {many} | the number of {many} | the count of {many}
    what the number of {many} is | how many of the things are {many} | how often you see {a}
    """,
    do="""
    count the {many} | count the {many} | count the {many} | count all {many}
    count all the {many} | count {many} | count every {one} | count how many {many} there are
    count the number of {many} | give me the number of {many} | give me a count of the {many}
    give the number of {many} | add up the {many} | work out how many {many} there are
    find out how many {many} there are | find the number of {many}
    determine the number of {many} | say how many {many} there are
    """,
    terse="""
    number of {many} | number of {many} | the number of {many} | count of {many} | {one} count
    {one} count | {many} count | {many}, how many | {many}: how many | {many}: number
    {many} in total | total {many} | total number of {many} | amount of {many}
    quantity of {many}
    """,
).with_casual(counting.COUNT)

TOTAL = Phrases(
    ask="""
    how many things are there | how many things are there | how many things do you see
    how many things can you see | how many things can you count
    how many things are in the {pic} | how many things does the {pic} show
    how many things in total | how many things are there in total
    how many things are there altogether | how many things | how many objects are there
    how many objects are there | how many objects do you see | how many objects can you count
    how many objects are in the {pic} | how many objects are there in all
    how many objects in total | how many objects | how many items are there
    how many items do you see | how many items are in the {pic} | how many items are shown
    how many items in total | how many items | how many objects are shown
    how many objects are visible | how many things are visible | how many things have you found
    how many things does it contain | how many objects does this {pic} contain
    how much stuff is there | how many of them are there in total
    how many different objects are there in total | what is the total number of things
    what is the total number of objects | what is the number of things
    what is the number of objects | what is the number of items | what is the total
    what is the total count | how many are there in total | how many are there altogether
    how many are there in all | how full is the {pic}
    """,
    tell="""
    how many things there are | how many things there are | how many things you see
    how many things are in the {pic} | how many objects there are | how many objects you can see
    how many objects are shown | how many items there are | how many items are in the {pic}
    the total number of things | the total number of objects | the number of things
    the number of objects | the number of items | the total | how many things there are in total
    """,
    do="""
    count the things | count the things | count all things | count all the things
    count the objects | count all objects | count all the objects | count the items
    count everything | count everything you see | count all of them | count them all
    give me the total | give me the number of things | give me the total number of objects
    add everything up
    """,
    terse="""
    number of things | number of objects | number of items | the number of things
    total number of things | total number of objects | total | total count | object count
    item count | count of all things | things in total | objects in total
    """,
).with_casual(counting.TOTAL)

MORE = Phrases(
    ask="""
    are there more {many} or {many2} | are there more {many} or {many2}
    are there more {many} or more {many2} | are there more {many} than {many2}
    are there more {many} than {many2} | are there fewer {many} than {many2}
    are there fewer {many} or {many2} | are there as many {many} as {many2}
    are there as many {many} as there are {many2} | are there just as many {many} as {many2}
    are there less {many} than {many2} | do you see more {many} or {many2}
    do you see more {many} than {many2} | do you count more {many} or {many2}
    does the {pic} have more {many} or {many2} | does the {pic} show more {many} than {many2}
    can you see more {many} or more {many2} | what is there more of, {many} or {many2}
    what are there more of, {many} or {many2} | what do you see more of, {many} or {many2}
    what is more common, {many} or {many2} | what is more frequent, {many} or {many2}
    what is more numerous, {many} or {many2} | what are more numerous, {many} or {many2}
    what appears more often, {many} or {many2} | which are more, {many} or {many2}
    which are more numerous, the {many} or the {many2}
    which are there more of, {many} or {many2} | which is more common, {many} or {many2}
    which appear more often, {many} or {many2} | which is there more of, {many} or {many2}
    which do you see more of, {many} or {many2}
    which group is larger, the {many} or the {many2}
    is the number of {many} larger than the number of {many2}
    is the number of {many} the same as the number of {many2} | do {many} outnumber {many2}
    do the {many} outnumber the {many2} | who is in the majority, the {many} or the {many2}
    {many} or {many2}, which are more | {many} or {many2}, what is there more of
    {many} or {many2}: which are there more of
    """,
    tell="""
    if there are more {many} or {many2} | if there are more {many} than {many2}
    whether there are more {many} or {many2} | whether there are more {many} than {many2}
    if there are fewer {many} than {many2} | if there are as many {many} as {many2}
    whether there are as many {many} as {many2} | what there are more of, {many} or {many2}
    which are more, {many} or {many2} | which there are more of, {many} or {many2}
    if the {many} outnumber the {many2}
    """,
    do="""
    compare the number of {many} and {many2} | compare the numbers of {many} and {many2}
    compare the {many} with the {many2} by number | count the {many} and the {many2}
    count {many} and {many2} | count the {many} and {many2} and compare
    """,
    terse="""
    more {many} or {many2} | more {many} or more {many2} | more {many} than {many2}
    fewer {many} than {many2} | more of which, {many} or {many2}
    {many} or {many2}: more of which | {many} versus {many2} | {many} vs {many2}
    as many {many} as {many2}
    """,
).with_casual(more.MORE)

PHRASES = {"count": COUNT, "total": TOTAL, "more": MORE}
