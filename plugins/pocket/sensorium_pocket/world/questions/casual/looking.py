"""Casual wordings of what one sees: the caption, and whether a thing is there."""

from __future__ import annotations

from sensorium_pocket.world.questions.wording import Phrases

CAPTION = Phrases(
    ask="""
    what all is there to see | what all can you make out | what can you make out
    what can you make out in the {pic} | what do you notice | what do you notice in the {pic}
    what can you recognize | what can you recognise here | what do you recognize in this {pic}
    what kind of things do you see | what kinds of things are in the {pic}
    what sort of things does the {pic} show | what sort of stuff do you see
    what does the {pic} consist of | what does the {pic} include | what does the {pic} feature
    what shows up in the {pic} | what turns up in this {pic} | what pops up in the {pic}
    what appears in the {pic} | what is there to see in the {pic}
    what is there to be found in the {pic} | what can be found in the {pic}
    what can one see in the {pic} | what can we see here | what are the things you see
    what are the things in the {pic} | what are the objects in this {pic}
    what are all the items in the {pic} | what are the contents of the {pic}
    what did you find in the {pic} | what did you notice in the {pic} | what have you spotted
    what have you found | which items appear in the {pic} | which objects turn up here
    which objects are featured | which things can be recognised | what does it show
    what does it depict | what does this {pic} depict | what does my {pic} show
    what is on my {pic} | what is in my {pic} | what is all this | what are these things
    what are all these things | what are those things in the {pic}
    what is sitting around in the {pic} | what is around | how does this {pic} look like
    how would you caption this {pic} | how would you sum up the {pic} | can anything be seen
    does the {pic} show anything | does the {pic} contain anything | don't you see anything
    could i have a description | could i get a description of the {pic} | may i have a description
    can i get a rundown of the {pic} | would you mind describing the {pic}
    would you mind telling me what is in the {pic} | do you mind describing this for me
    in the {pic} is what | the {pic} is showing what | in this {pic} there is what | you see what
    what you see in the {pic} | what you can see here | what there is in the {pic}
    what is it in the {pic} | what exactly is in the {pic} | what exactly do you see
    what would i see if i looked at the {pic} | what should i see here | what did the artist draw
    what did they draw | what got drawn here | what makes up the {pic}
    """,
    tell="""
    what all is in the {pic} | what you notice in the {pic} | what you can make out
    what can be seen in the {pic} | what appears in the {pic} | what you recognise
    what the {pic} is made up of | what the {pic} features | what things there are
    which objects you can make out | what it shows | what it is a {pic} of
    what sort of things are in the {pic} | what there is to see | what this {pic} depicts
    everything you notice | everything you can make out | in your own words what you see
    what my {pic} shows | what i drew | what they drew | what exactly is shown | how the {pic} looks
    """,
    do="""
    put the {pic} into words | describe what is shown | describe all that you see
    describe the whole {pic} | describe my {pic} | describe the scenery
    give me a rundown of the {pic} | give me an overview | give me the contents
    give me a summary of the {pic} | make a list of all the things in the {pic}
    list out everything | list the items | list the contents | list whatever you see
    list whatever is there | name each thing you see | name every object | name all items
    mention everything you see | say everything you see | say what you see
    say what is in the {pic} | spell out what you see | state what you see | note down everything
    write a short description | write what you see | tell me all you see | tell what you see
    share what you see | run through the things you see | talk me through the {pic}
    break down the {pic} | inspect the {pic} and report | look around and tell me what there is
    look at it and tell me what you see | look closely and list what you see
    recognise all the objects | identify all the things | take me through the {pic}
    fill me in on the {pic}
    """,
    terse="""
    overview | summary | the whole {pic} | all you see | all that you see | whatever you see
    things here | objects here | stuff in the {pic} | items in the {pic} | {pic} description
    {pic} contents | {pic} summary | all objects in the {pic} | a short description
    anything worth seeing | anything interesting in the {pic}
    """,
    say="""
    i can't see the {pic} well. what is in it? | my eyes are bad, what does the {pic} show?
    i am blind, please describe the {pic} | i forgot my glasses. what is in the {pic}?
    my daughter made this {pic}. what do you see in it?
    my son drew this. can you tell what is in it? | here is my {pic}. what do you see?
    here is a {pic}, tell me what is in it | here you go, what do you see?
    i made a {pic} for you. what is in it? | i drew something, can you tell what it is?
    have a look at this and tell me what is there | look at this {pic}. what is there?
    look at this. what do you see? | let's see, what do we have here?
    so this is the {pic}. what is in it? | i want to hear what you see
    i would love to hear what is in the {pic} | i'd like a description of the {pic}
    i need a description of this {pic} | i need a list of the things in the {pic}
    i am curious what you see | i am curious what is in this {pic}
    i was wondering what is in the {pic} | i wonder what you see here
    my son wants to know what is in the {pic} | my friend asks what the {pic} shows
    just describe it, please | just tell me what you see | no long talk, just name the things
    start by describing the {pic} | first, what do you see? | first of all, describe the {pic}
    ok let's begin. what is in the {pic}? | new {pic}! what is in it?
    what do you see? please list everything | what is that? describe it please
    what have we here? describe it | i can't make out what this is. what do you see?
    someone sent me this {pic}, what is in it? | i got this {pic} from a friend. what does it show?
    what's all this then? | this {pic} shows what exactly? | can you see the {pic}? what is in it?
    got the {pic}? describe it please | pretend i am blind and describe the {pic}
    i can't open the {pic}. could you describe it? | what's in the {pic}? i can't see it from here
    hope you can see this. what is it? | show me you can see: describe the {pic}
    """,
)

EXISTS = Phrases(
    ask="""
    does {a} show up | does {a} show up in the {pic} | does {a} turn up anywhere
    does {a} pop up somewhere | do {many} show up in the {pic} | does the {pic} feature {a}
    does this {pic} feature any {many} | does the {pic} include any {many} | does my {pic} have {a}
    does the {pic} happen to have {a} | does the {pic} happen to include {a}
    do you happen to see {a} | do you happen to see any {many} | did you happen to notice {a}
    did you notice any {many} | did you spot {a} | did you come across {a} | did i draw {a}
    did i put {a} in the {pic} | did they draw any {many} | did anyone draw {a}
    can you recognise {a} | can you recognize any {many} | can you make out any {many}
    can you pick out {a} | can you discover {a} | can you notice {a} | could you spot {a}
    could you see any {many} | would there be {a} | would there be any {many}
    would you happen to see {a} | is {a} somewhere in the {pic} | is {a} anywhere in the {pic}
    is {a} around | is {a} hiding in the {pic} | is {a} included | is {a} pictured | is {a} depicted
    is {a} drawn | is {a} in view | is {a} contained in the {pic} | is any {one} there
    is some {one} in the {pic} | is there possibly {a} | is there perhaps {a} | is there maybe {a}
    is there actually {a} | is there really {a} | is there by chance {a}
    is there any kind of {one} | is there any sort of {one} | is there also {a}
    is there something like {a} | is there such a thing as {a} | is there {a} hiding somewhere
    is there {a} to see | is there {a} around | is there no {one} | is there not {a}
    are there no {many} | are there not any {many} | are there any {many} around
    are there any {many} hiding in the {pic} | are there any {many} to be seen
    are there perhaps any {many} | are any {many} shown | are any {many} to be found
    are some of these things {many} | are some of the objects {many} | are {many} among the objects
    are {many} part of the {pic} | are {many} included | are {many} shown | are {many} depicted
    aren't there {many} | isn't {a} in the {pic} | isn't one of the things {a}
    isn't there any {one} | don't you see any {many} | doesn't the {pic} have {a}
    doesn't the {pic} show {a} | can't you see {a} | can't you find any {many}
    haven't you seen {a} | won't i find {a} here | has anyone seen {a} | has the {pic} any {many}
    has it {a} | have you noticed {a} | have you spotted any {many}
    have you come across any {many} | have we {a} here | have i drawn {a} | am i seeing {a}
    am i right that there is {a} | am i right in thinking there is {a} | am i wrong or is there {a}
    shall i find {a} in there | is it true that there is {a} | is it true that there are {many}
    is it correct that the {pic} has {a} | is it possible that there is {a}
    would it be right to say there is {a} | would you say the {pic} has {a}
    do you think there is {a} | do you think the {pic} shows {a} | do you believe there is {a}
    do you think {a} is in there | are you seeing {a} | are you seeing any {many}
    are you able to see {a} | are you able to spot {a} | are you able to find any {many}
    in the {pic} is there {a} | in this {pic} are there any {many} | there are {many} in the {pic}
    there is {a} in the {pic} | you can see {a} | you see any {many} | you see {a}
    does there exist {a} | exists {a} in the {pic} | contains the {pic} {a} | shows the {pic} {a}
    is there {many} | is there any {many} | are there {a} | are there any {one}
    """,
    tell="""
    if there might be {a} | if {a} shows up | whether {a} shows up in the {pic}
    if {a} turns up anywhere | whether {a} can be found | if {a} can be seen | if you can spot {a}
    whether you can spot any {many} | if you can make out {a} | whether you notice any {many}
    if you notice {a} | whether the {pic} features {a} | if the {pic} includes {a}
    whether my {pic} has {a} | if i drew {a} | if one of the things is {a}
    whether any of the objects is {a} | if {many} are in the {pic} | whether there happens to be {a}
    if there is {a} in there | if there is {a} anywhere | whether it shows {a}
    if it contains any {many} | if i am right that there is {a}
    """,
    do="""
    check the {pic} for {many} | check the {pic} for {a} | scan the {pic} for {a} | scan for {many}
    look whether there is {a} | look if there is {a} | look if you see any {many}
    look around for {a} | see whether there are any {many} | see if {a} is there
    see if you can spot {a} | see if any {many} are in the {pic} | find out if there is {a}
    find out whether there are any {many} | make sure there is {a} | say whether there is {a}
    say if you see {a} | say yes if you see {a} | search the {pic} for {a}
    search the {pic} for any {many} | confirm there is {a} | verify the presence of {a}
    confirm the presence of {many} | try to spot {a} | try to spot any {many}
    """,
    terse="""
    {a} in there somewhere | {a} in the {pic}, yes or no | {a} maybe | {a} around | {a} in there
    {a} to be seen | {a} in sight | any {one} in sight | any {many} in sight | any {many} anywhere
    any {many} in the {pic} | any {one} in the {pic} | any {one} around | any {one} here
    any {many} here | any {many} hiding in there | any {many} you can see | any trace of {a}
    no {many} at all | {many} or none | {many} around | {many} in there | {many} in sight
    at least one {one} | notice {a} | notice any {many} | seen {a} | seen any {many}
    spotted any {many} | found {a} | found any {many}
    """,
    say="""
    i was wondering whether there is {a} | i was wondering if you can spot {a}
    i wonder if there is {a} in the {pic} | my son wants to know if there is {a}
    my daughter would like to know whether there are any {many} | my kid asks if there is {a}
    my wife says there is {a}. is that so? | my friend thinks there is {a}, is that right?
    my brother says there are {many} in the {pic}. true?
    someone told me there is {a} in here. is there? | i think there is {a}, am i right?
    i think i see {a}. do you? | i thought i saw {a}, is there one?
    i believe there is {a} in the {pic}. correct? | i bet there is {a} in the {pic}
    i guess there is {a} somewhere, right? | i don't see {a}. is there one?
    i can't see any {many}, are there any? | i can't tell whether there is {a}
    i am not sure if there is {a} | i'm not sure whether the {pic} has {a}, does it?
    i like {many}. are there any? | i love {many}, is there one here?
    i need to know if there is {a} | i need {a}. is there one in the {pic}?
    i'd love to see {a}. is there one? | i'm looking for {a}, is there one? | {a}. is there one?
    {a}: is there one in the {pic}? | {many}. are there any? | {many}, are there any?
    {a}, is there one? | {a}, do you see one? | {a}, can you see one? | {many}, do you see any?
    {many}? any at all? | let's look for {many}. are there any? | look closely. is there {a}?
    look at the {pic}. is there {a} in it? | take a good look: any {many}?
    there should be {a}. do you see one? | there should be {a} in the {pic}, is there?
    there must be {a} somewhere, no? | there are no {many}, right? | there are no {many}, are there?
    there is no {one}, is there? | there isn't {a}, is there? | there aren't any {many}, are there?
    you don't see {a}, do you? | you can see {a}, can't you? | the {pic} has {a}, doesn't it?
    the {pic} shows {a}, right? | this {pic} contains {a}, correct? | so there is {a}, yes?
    so there are {many} in the {pic}, yes? | surely there is {a}? | is there {a}? i can't see one
    is there {a}? just yes or no | is there {a}? my son would like to know
    are there any {many}? i hope so | do you see {a}? i don't | please say yes if there is {a}
    answer yes or no: do you see {a}? | yes or no, is {a} in the {pic}?
    {a} or not, what do you say? | i hope there is {a}, is there? | just checking, is there {a}?
    sorry to bother you, but is there {a}? | help me, is there {a} or not?
    tell me please, {a} is there or not? | guess what, i hid {a} in the {pic}. do you see it?
    if there is {a}, say yes | my daughter loves {many}. do you see any?
    """,
)

EXISTS_COLOURED = Phrases(
    ask="""
    does the {pic} have {a_plain} that is {col} | do you see any {many_plain} that are {col}
    are there {many_plain} that are {col} | are there {many_plain} in {col}
    can you find {a_plain} in {col} | can you see {a_plain} that is {col}
    is there {a_plain} with the {color} {col} | is there {a_plain} colored {col}
    is there {a_plain} painted {col} | is at least one {one_plain} {col}
    do any of the {many_plain} look {col} | does the {one_plain} look {col}
    does any {one_plain} happen to be {col} | is {col} the {color} of the {one_plain}
    is it true that the {one_plain} is {col} | isn't the {one_plain} {col}
    isn't one of the {many_plain} {col} | is the {one_plain} really {col}
    does one of the {many_plain} come in {col} | did i draw {a_plain} in {col}
    is the {color} of the {one_plain} {col}
    """,
    tell="""
    if any of the {many_plain} is {col} | whether there are any {col} {many_plain}
    if you see {a_plain} in {col} | whether one of the {many_plain} is {col}
    """,
    do="""
    check if the {one_plain} is {col} | see if there is {a_plain} in {col}
    look for {a_plain} in {col} | check whether any {one_plain} is {col}
    """,
    terse="""
    {a_plain} in {col} | any {many_plain} in {col} | any {many_plain} that are {col}
    any {one_plain} that is {col}
    """,
    say="""
    the {one_plain} is {col}, right? | the {one_plain} is {col}, isn't it?
    i think the {one_plain} is {col}. true? | i see {a_plain}. is it {col}?
    look at the {one_plain}. is it {col}? | the {one_plain}, is it {col}?
    my son says the {one_plain} is {col}. is it? | i was wondering if the {one_plain} is {col}
    i need {a_plain} in {col}. is there one?
    """,
)
