"""Casual wordings of which of two things there are more of."""

from __future__ import annotations

from sensorium_pocket.world.questions.wording import Phrases

MORE = Phrases(
    ask="""
    are there more {many} than there are {many2} | are there more of {many} or of {many2}
    are the {many} more than the {many2} | are the {many} more numerous than the {many2}
    are {many} or {many2} more common | are {many} more common than {many2}
    are {many} more frequent than {many2} | are there equally many {many} and {many2}
    are there equal numbers of {many} and {many2} | are there the same number of {many} and {many2}
    are there fewer {many} or fewer {many2} | aren't there more {many} than {many2}
    is there more {many} or {many2} | is there more {many} than {many2}
    is there less {many} than {many2} | is there a greater number of {many} or {many2}
    is the number of {many} greater than that of {many2}
    is the number of {many} smaller than the number of {many2}
    is the number of {many} and {many2} equal | is the {pic} showing more {many} or {many2}
    do more {many} appear or more {many2} | do you find more {many} or {many2}
    do you find more {many} than {many2} | do you notice more {many} or more {many2}
    do you get more {many} or {many2} when you count | do we have more {many} or {many2}
    do we have more {many} than {many2} | do i have more {many} or more {many2}
    did i draw more {many} or {many2} | did i draw more {many} than {many2}
    does the {pic} contain more {many} or {many2} | does the {pic} contain more {many} than {many2}
    does the {pic} include more {many} or more {many2} | does it have more {many} than {many2}
    does it show more {many} or {many2} | can you see more {many} than {many2}
    can you find more {many} or {many2} | can you spot more {many} than {many2}
    could there be more {many} than {many2} | would you say there are more {many} or {many2}
    would you count more {many} or more {many2} | do you think there are more {many} or {many2}
    have we got more {many} or {many2} | has the {pic} more {many} or {many2}
    has the {pic} got more {many} than {many2} | which are there more, {many} or {many2}
    which are in the majority, {many} or {many2} | which is in greater number, {many} or {many2}
    which is the larger group, {many} or {many2} | which group is bigger, {many} or {many2}
    which is more, {many} or {many2} | which of {many} and {many2} are there more of
    which thing is there more of, {many} or {many2}
    which thing appears more often, {many} or {many2}
    which ones are there more of, {many} or {many2} | which do you count more of, {many} or {many2}
    what is the larger number, {many} or {many2} | what is there more, {many} or {many2}
    what do we have more of, {many} or {many2} | what did i draw more of, {many} or {many2}
    what shows up more often, {many} or {many2} | what turns up more, {many} or {many2}
    who is more numerous, {many} or {many2} | who are more, {many} or {many2}
    who wins by number, {many} or {many2} | how do the numbers of {many} and {many2} compare
    how many {many} compared to {many2} | between {many} and {many2}, which are more
    between {many} and {many2}, what is there more of
    of {many} and {many2}, which are there more of | {many} and {many2}, which are more
    more {many} are there or more {many2} | there are more {many} or {many2}
    there are more {many} than {many2} | am i right that there are more {many} than {many2}
    is it true that there are more {many} than {many2} | are there more {one} or more {one2}
    """,
    tell="""
    whether {many} outnumber {many2} | if there are just as many {many} as {many2}
    whether the {many} are more than the {many2} | if you see more {many} or {many2}
    if you count more {many} than {many2} | whether the {pic} has more {many} or {many2}
    whether the {pic} shows more {many} than {many2} | which is more common, {many} or {many2}
    what is there more of, {many} or {many2} | which group is larger, {many} or {many2}
    whether the number of {many} is larger than the number of {many2}
    what you see more of, {many} or {many2} | if it is more {many} or more {many2}
    """,
    do="""
    compare how many {many} and {many2} there are | compare the counts of {many} and {many2}
    compare {many} and {many2} by number | compare {many} to {many2} in number
    say whether there are more {many} or {many2} | say which are more, {many} or {many2}
    say which there are more of, {many} or {many2} | check if there are more {many} than {many2}
    check whether there are more {many} or {many2}
    count both {many} and {many2} and say which are more
    count {many} and {many2} and tell me which are more | find out which are more, {many} or {many2}
    find out if there are more {many} or {many2}
    work out whether there are more {many} than {many2} | decide which are more, {many} or {many2}
    tell which are more numerous, {many} or {many2} | name the larger group, {many} or {many2}
    pick the larger group: {many} or {many2} | see if {many} outnumber {many2}
    """,
    terse="""
    the larger number: {many} or {many2} | larger group: {many} or {many2}
    majority: {many} or {many2} | {many} or {many2}: which more | {many} or {many2}, more of what
    less {many} than {many2} | {many} more than {many2} | {many} compared to {many2} by number
    number of {many} versus number of {many2} | same number of {many} and {many2}
    equally many {many} and {many2} | more {many} or more {many2}, which
    what more, {many} or {many2} | fewer {many} or fewer {many2}
    """,
    say="""
    i count more {many} than {many2}. is that right? | i see more {many} than {many2}, do you?
    i think there are more {many} than {many2}
    i think there are more {many} than {many2}. am i right?
    i bet there are more {many} than {many2} | i was wondering if there are more {many} or {many2}
    i wonder which are more, the {many} or the {many2}
    i can't tell if there are more {many} or {many2}
    i need to know if there are more {many} than {many2}
    my son says there are more {many} than {many2}. true?
    my daughter thinks there are more {many} than {many2}, is she right?
    my brother bets there are more {many} than {many2}
    my son wants to know if there are more {many} or {many2}
    my friend and i argue: more {many} or more {many2}? | there are more {many} than {many2}, right?
    there are more {many} than {many2}, aren't there?
    there are fewer {many} than {many2}, aren't there? | there are as many {many} as {many2}, right?
    there are {many} and {many2}. which are more?
    there are {many} and {many2}, but which are there more of?
    i see {many} and {many2}. which are more? | look at the {many} and the {many2}. which are more?
    take the {many} and the {many2}: which are more?
    count the {many}, then the {many2}. which are more?
    {many} or {many2}? which are there more of? | {many} against {many2}, who wins by number?
    {many} and {many2}: same number? | {many}, {many2}: more of which?
    more {many}? or more {many2}? | more {many} or {many2}? i can't tell
    let's compare. more {many} or more {many2}? | let's compare the numbers of {many} and {many2}
    in a vote of {many} against {many2}, who wins?
    true or false: there are more {many} than {many2} | yes or no: more {many} than {many2}?
    so the {many} outnumber the {many2}, right?
    """,
)
