"""Wordings of what one sees: the caption, whether a thing is there, colours, the background."""

from __future__ import annotations

from .casual import colours, looking, spots
from .wording import Phrases

CAPTION = Phrases(
    ask="""
    what do you see | what do you see | what can you see | what is in the {pic}
    what is in this {pic} | what is there | what is here | what is shown
    what is shown in the {pic} | what does the {pic} show | what does this {pic} contain
    what is visible | what is on the {pic} | what is it that you see
    what things are in the {pic} | what things can you see | what things do you see
    what objects are there | what objects do you see | what objects are in the {pic}
    which things are there | which things do you see | which objects can you find
    what is going on | what is happening | what is depicted | what is pictured
    what is in front of you | what are you seeing | what are you looking at | what have we here
    what have you got | what all is in there | what all do you see | what is this
    what is this {pic} of | what is this a {pic} of | what is the {pic} about | what is in it
    what items are present | what stuff is in the {pic} | what can be seen
    what is everything in the {pic} | how would you describe the {pic}
    what would you say is in the {pic} | what am i looking at | what did i draw
    what did i show you
    """,
    tell="""
    what you see | what you see | what you can see | what is in the {pic} | what the {pic} shows
    what is there | what is shown | what things are in the {pic} | which things you see
    what objects are there | everything you see | all you can see | about the {pic}
    about this {pic} | what this is | what this {pic} is about | what this {pic} contains
    what i am looking at | what is visible | everything that is in the {pic}
    """,
    do="""
    describe the {pic} | describe the {pic} | describe this {pic} | describe it
    describe what you see | describe everything | describe everything you see
    describe the contents | list everything | list everything you see | list all things
    list all the things | list all objects | list the objects | list the things in the {pic}
    list what you see | list what is there | list what is in the {pic} | name everything
    name everything you see | name all the things | name the objects | name what you see
    caption this | caption the {pic} | give me a caption | give a caption | write a caption
    give me a description | give a description of the {pic} | give me a list of everything
    give me a list of the things | enumerate everything | enumerate the objects
    walk me through the {pic} | go through the {pic} | summarize the {pic} | sum up the {pic}
    explain the {pic} | tell me all about the {pic} | identify everything | identify the objects
    report what you see | write down what you see | read out what is there | take a look
    have a look
    """,
    terse="""
    caption | description | a description | full description | contents | contents of the {pic}
    everything | everything you see | all things | all objects | list of things
    things in the {pic} | objects in the {pic} | see anything | do you see anything
    can you see anything | is there anything | anything in the {pic} | anything to see
    """,
).with_casual(looking.CAPTION)

EXISTS = Phrases(
    ask="""
    is there {a} | is there {a} | is there {a} | are there {many} | are there any {many}
    are there any {many} | are there some {many} | is there any {one} | is there some {one}
    is there at least one {one} | is there even one {one} | is there a single {one}
    isn't there {a} | aren't there any {many} | do you see {a} | do you see {a}
    do you see any {many} | do you see {many} | do you see the {one} | don't you see {a}
    can you see {a} | can you see {a} | can you see any {many} | can you see the {one}
    can you spot {a} | can you spot any {many} | can you find {a} | can you find any {many}
    can you make out {a} | can you detect {a} | could there be {a} | could you find {a}
    might there be {a} | does the {pic} have {a} | does the {pic} have any {many}
    does the {pic} show {a} | does the {pic} contain {a} | does the {pic} contain any {many}
    does the {pic} include {a} | does this {pic} show {a} | does this contain {a}
    does it show {a} | does it contain {a} | does it have {a} | does {a} appear
    does {a} appear in the {pic} | does {a} occur | do any {many} appear
    do {many} appear in the {pic} | do i have {a} in here | do we have {a} | do we see {a}
    do you notice {a} | do you notice any {many} | do you spot {a} | do you recognize {a}
    did you see {a} | did you find {a} | have you seen {a} | have you found {a}
    have you got {a} | have we got any {many} | is {a} visible | is {a} there | is {a} present
    is {a} in the {pic} | is {a} in there | is {a} shown | is {a} to be seen
    is {a} among the things | is {a} part of the {pic} | is any {one} visible
    is any {one} present | is one of the things {a} | is one of these {a} | is the {one} there
    is the {one} in the {pic} | are any {many} visible | are any {many} present
    are any {many} in the {pic} | are {many} present | are {many} visible
    are {many} in the {pic} | are {many} there | are there {many} or not | is there {a} or not
    is there {a} somewhere | is there {a} anywhere | is there {a} at all
    is there {a} to be found | is there {a} by any chance | are there {many} anywhere
    are there any {many} at all | would you say there is {a} | would you say {a} is there
    would i find {a} | will i find {a} here | can {a} be seen | can {a} be found
    can i find {a} here | can one see {a} | can we see {a} | can any {many} be seen
    may i ask if there is {a} | has the {pic} got {a} | has it got {a}
    has this {pic} got any {many} | there is {a}, right | there is {a}, isn't there
    there are {many}, aren't there | you see {a}, don't you | true or false: there is {a}
    yes or no: is there {a}
    """,
    tell="""
    if there is {a} | if there is {a} | if there are any {many} | if there are {many}
    whether there is {a} | whether there is {a} | whether there are any {many} | if you see {a}
    if you can see {a} | if you see any {many} | whether you see {a}
    whether you can see any {many} | if {a} is visible | if {a} is present
    if {a} is in the {pic} | if any {many} are present | whether {a} is there
    whether {a} is shown | whether any {many} are visible | if the {pic} has {a}
    if the {pic} shows {a} | if the {pic} contains {a} | whether the {pic} contains {a}
    whether the {pic} has any {many} | if this {pic} has {a} | if it has {a} | if i can find {a}
    if you find {a}
    """,
    do="""
    look for {a} | look for {many} | check for {a} | check for {many} | check if there is {a}
    check whether there is {a} | see if there is {a} | see if you can find {a} | search for {a}
    confirm that there is {a} | verify that there is {a}
    """,
    terse="""
    {a} | {a} | {many} | {many} | any {many} | any {many} | any {one} | any {many} around
    any {many} visible | any {many} in there | any {many} to be seen | any {many} at all
    any sign of {a} | any sign of {many} | some {many} | {a} there | {a} here | {a} visible
    {a} present | {a} anywhere | {a} somewhere | {a}, yes or no | {a} or no {one} | {a} or not
    {many} present | {many} visible | {many} or no {many} | {many}, yes or no | got {a}
    got any {many} | have {a} | have any {many} | see {a} | see any {many} | see {a} anywhere
    spot {a} | spot any {many} | presence of {a} | presence of {many}
    """,
).with_casual(looking.EXISTS)

EXISTS_COLOURED = Phrases(
    ask="""
    is the {one_plain} {col} | is there {a_plain} that is {col}
    is there {a_plain} which is {col} | is any {one_plain} {col}
    is any of the {many_plain} {col} | is one of the {many_plain} {col}
    are any {many_plain} {col} | are the {many_plain} {col} | are there any {col} {many_plain}
    do you see {a_plain} in {col} | do you see {a_plain} that is {col}
    is there {a_plain} in {col} | would you call the {one_plain} {col}
    """,
    tell="""
    if the {one_plain} is {col} | whether the {one_plain} is {col}
    if there is {a_plain} that is {col} | if any {one_plain} is {col}
    """,
).with_casual(looking.EXISTS_COLOURED)

COLOUR = Phrases(
    ask="""
    what {color} {is} {thes} | what {color} {is} {thes} | what {color} {is} {thes}
    which {color} {is} {thes} | what is the {color} of {thes} | what is the {color} of {thes}
    what {color} does {the} have | which {color} does {the} have | what {color} do {those} have
    what {color}s are {those} | which {color}s are {those}
    what {color} would you say {thes} {is} | what {color} would you call {the}
    of what {color} {is} {thes} | of which {color} {is} {thes} | in what {color} {is} {thes}
    in which {color} {is} {thes} | how {is} {thes} colored
    {is} {thes} {anycolor} or {anycolor2} | what kind of {color} {does} {thes} have
    what {color} do you see on {the} | what {color} has {the} | what {color} has {the} got
    what shade {is} {thes} | the {one} has what {color} | the {one} is what {color}
    """,
    tell="""
    what {color} {thes} {is} | what {color} {thes} {is} | which {color} {thes} {is}
    what {color} {thes} {does} have | the {color} of {thes} | the {color} of {thes}
    what the {color} of {thes} is | which {color} {the} has | what {color} {the} has
    if {thes} {is} {anycolor} or {anycolor2} | how {thes} {is} colored
    """,
    do="""
    name the {color} of {thes} | give me the {color} of {thes} | give the {color} of {thes}
    describe the {color} of {thes} | identify the {color} of {thes}
    state the {color} of {thes} | tell the {color} of {thes}
    """,
    terse="""
    {color} of {thes} | {color} of {the} | the {color} of {thes} | {one} {color}
    {the}'s {color} | {the} is what {color} | {the}: what {color}
    {the}: {anycolor} or {anycolor2}
    """,
).with_casual(colours.COLOUR)

BACKGROUND = Phrases(
    ask="""
    what {color} is the background | what {color} is the background
    what {color} is the background | which {color} is the background
    what is the {color} of the background | what is the background {color}
    what is the background | what is the background like | what is in the background
    what background does the {pic} have | what {color} does the background have
    which {color} does the background have | what {color} is behind the things
    what {color} is behind everything | what is the {color} behind the things
    what {color} is the {pic}'s background | what {color} is the backdrop
    what {color} is the surface | what is the {color} of the backdrop
    which {color} fills the background | what {color} fills the background
    what {color} did they use for the background | what {color} is used for the background
    on what {color} are the things | on which {color} are the things
    what {color} surrounds the things | how does the background look
    how is the background colored | is the background {anycolor}
    is the background {anycolor} or {anycolor2} | is it a {anycolor} background
    the background is what {color} | the background has what {color}
    what kind of background is it | what kind of background is there | what about the background
    what {color} is it behind the things
    """,
    tell="""
    what {color} the background is | what {color} the background is
    what {color} the background has | which {color} the background is
    the {color} of the background | the background {color} | the background
    about the background | what the background is | what the background {color} is
    what the background looks like | what {color} is in the background
    what {color} is behind the things | what {color} the backdrop is
    if the background is {anycolor} | if the background is {anycolor} or {anycolor2}
    """,
    do="""
    name the background {color} | name the {color} of the background | name the background
    describe the background | give me the background {color}
    give the {color} of the background | identify the background {color}
    state the background {color}
    """,
    terse="""
    background | background {color} | background {color} | {color} of the background
    {color} of background | the background | the background {color}
    the {color} behind everything | backdrop {color} | {color} behind the things
    """,
).with_casual(colours.BACKGROUND)

AT = Phrases(
    ask="""
    what is {at} | what is {at} | what is {at} | what is {at} of the {pic} | what is there {at}
    what is located {at} | what is placed {at} | what is shown {at} | what is to be seen {at}
    what is visible {at} | what is sitting {at} | what is positioned {at} | what do you see {at}
    what do you see {at} | what do you find {at} | what can you see {at}
    what can you find {at} | what can be seen {at} | what can i find {at} | what sits {at}
    what sits {at} | what lies {at} | what stands {at} | what appears {at} | what lives {at}
    what thing is {at} | what object is {at} | what object do you see {at}
    what kind of thing is {at} | what have you got {at} | what have we got {at}
    what does the {pic} show {at} | what does the {spot} show | what does the {spot} hold
    what does the {spot} contain | what is the thing {at} | what is the object {at}
    what occupies the {spot} | what occupies the {spot} | what fills the {spot}
    what is occupying the {spot} | which thing is {at} | which thing do you see {at}
    which object is {at} | which item is {at} | is there anything {at} | is there anything {at}
    is there something {at} | is anything {at} | is something {at} | do you see anything {at}
    do you see something {at} | can you see anything {at} | can you see what is {at}
    is the {spot} empty | is the {spot} free | is there nothing {at} | {at}, what is there
    {at}, what do you see | the {spot}: what is there | the {spot} has what in it
    what did they put {at}
    """,
    tell="""
    what is {at} | what is {at} | what is located {at} | what you see {at} | what you see {at}
    what you find {at} | what sits {at} | what lies {at} | what thing is {at}
    which thing is {at} | what object is {at} | what there is {at} | what can be seen {at}
    what occupies the {spot} | what fills the {spot} | what the {spot} shows
    what the {spot} holds | what the thing {at} is | if there is anything {at}
    if there is something {at} | whether there is anything {at}
    """,
    do="""
    name the thing {at} | name the object {at} | name what is {at} | describe the {spot}
    describe what is {at} | describe the thing {at} | identify the thing {at}
    identify the object {at} | identify what is {at} | look {at} | look {at} and name the thing
    look at the {spot} and say what is there | check the {spot}
    """,
    terse="""
    {spot} | the {spot} | {at} | {spot}: what is there | {spot} contents | {spot} object
    anything {at} | anything {at} | something {at} | thing {at} | object {at} | the thing {at}
    contents of the {spot}
    """,
).with_casual(spots.AT)

PHRASES = {
    "caption": CAPTION,
    "exists": EXISTS,
    "colour": COLOUR,
    "background": BACKGROUND,
    "at": AT,
}
