"""Casual wordings of single places: what is there, and whether a thing is."""

from __future__ import annotations

from sensorium_pocket.world.questions.wording import Phrases

AT = Phrases(
    ask="""
    what can you make out {at} | what do you notice {at} | what do you recognise {at}
    what can you recognize {at} | what do we have {at} | what do we see {at}
    what did you find {at} | what did you spot {at} | what did i draw {at} | what did i put {at}
    what have i drawn {at} | what have you found {at} | what has been placed {at}
    what was put {at} | what is drawn {at} | what is depicted {at} | what is pictured {at}
    what is hiding {at} | what is resting {at} | what is hanging around {at} | what is going on {at}
    what is that {at} | what is that thing {at} | what is this {at} | what is it {at}
    what is it that you see {at} | what are you seeing {at} | what hides {at} | what rests {at}
    what shows up {at} | what turns up {at} | what pops up {at} | what happens to be {at}
    what stuff is {at} | what item is {at} | what sort of thing is {at}
    what sort of object sits {at} | what kind of object do you see {at} | what would you find {at}
    what would you say is {at} | what would you call the thing {at}
    what do you call the object {at} | what could that be {at} | what might be {at}
    what does the {spot} feature | what does the {spot} include | what is the name of the thing {at}
    what exactly is {at} | which object sits {at} | which thing can be seen {at}
    which item can you spot {at} | which object appears {at} | which object did they put {at}
    which one is {at} | who is {at} | who sits {at} | who is hiding {at}
    is there anything to see {at} | is there anything to be found {at} | is there an object {at}
    is there a thing {at} | is anything to be seen {at} | is anything hiding {at}
    is the {spot} occupied | is the {spot} taken | isn't there anything {at}
    isn't there something {at} | can you tell what is {at} | can you name the thing {at}
    do you know what is {at} | do you recognize the thing {at} | {at} is what | {at} there is what
    {at} you see what | {at} what is | {at} what do you see | {at} what can be seen
    the thing {at} is what | the object {at} is what | the thing {at}, what is it
    does anything appear {at} | does something show up {at} | did i put anything {at}
    has anything been drawn {at} | what there is {at} | what you see {at}
    """,
    tell="""
    what can be found {at} | what is to be found {at} | what you notice {at}
    what you can make out {at} | what that thing {at} is | what has been drawn {at}
    which object sits {at} | what is hiding {at} | what is going on {at}
    what kind of thing is {at} | whether anything is {at} | if anything is {at}
    if the {spot} is empty | whether the {spot} is empty | who is {at} | what the object {at} is
    what the object {at} is called | what they put {at} | what i drew {at}
    the name of the thing {at}
    """,
    do="""
    look {at} and tell me what you see | look {at} and describe the thing
    go to the {spot} and say what is there | take a look at the {spot} | have a look at the {spot}
    inspect the {spot} | focus on the {spot} and name what you see | recognise the object {at}
    give me the thing {at} | give me the name of the object {at} | give the name of the thing {at}
    say what is {at} | say what sits {at} | tell what is {at} | report what is {at}
    list what is {at} | mention what is {at} | zoom in on the {spot} | examine the {spot}
    check what is {at} | check whether there is anything {at} | see what is {at}
    find out what is {at} | figure out what is {at} | tell me about the {spot}
    show me the thing {at}
    """,
    terse="""
    {at}, please | {at}: what | {at}: which thing | {at}, what | {at}, anything | what {at}
    what thing {at} | which thing {at} | which object {at} | who {at} | the object {at}
    the one {at} | that thing {at} | stuff {at} | item {at} | whatever is {at} | {spot}: what
    {spot}, what is it | {spot}, which thing | {spot}: empty or not | {spot} empty | nothing {at}
    """,
    say="""
    look {at}. what is there? | look at the {spot}. what do you see?
    look at the {spot}, what is it? | see the {spot}? what is there?
    there is something {at}. what is it? | there is a thing {at}, what is it?
    something is {at}, but what? | i see something {at}. what is it? | i can't make out what is {at}
    i can't make out the thing {at}. what is it? | i can't see what is {at}. can you?
    i was wondering what is {at} | i wonder what that is {at} | i'd like to know what is {at}
    my son wants to know what is {at} | my daughter asks what sits {at}
    i am pointing at the {spot}. what is there? | i put something {at}, can you guess what?
    i drew something {at}. do you recognise it? | i forgot what i put {at}
    what is that {at}? i can't tell | what is {at}? i forgot my glasses
    anything {at} or is it empty? | is it empty {at}, or is something there?
    {at}: something or nothing? | {at}, what have we got? | {at}, is there anything?
    {at} i see something, what is it? | the {spot}, please | the {spot}, what is it?
    the {spot}. what is there? | now the {spot}: what do you see? | next, the {spot}. what is it?
    let us go to the {spot}. what is there? | start {at}. what do you see?
    concerning the {spot}, what is there? | there is nothing {at}, is there?
    the {spot} is empty, isn't it? | the {spot} is empty, right? | sorry, what was {at}?
    help me out, what is {at}? | that thing {at}, what is it called?
    that thing {at} looks odd. what is it? | my finger is on the {spot}. what is under it?
    """,
)

PLACE = Phrases(
    ask="""
    is {the} to be found {at} | is {the} really {at} | is {the} somewhere {at}
    is {the} positioned {at} | is {the} situated {at} | is {the} shown {at} | is {the} drawn {at}
    is {the} visible {at} | is {the} resting {at} | is {the} hiding {at}
    is {the} hanging around {at} | is {the} the thing {at} | is {a} what is {at}
    is {a} placed {at} | is {a} sitting {at} | is {a} shown {at} | is {a} to be seen {at}
    is some {one} {at} | is it true that {the} is {at} | is it true that there is {a} {at}
    is it right that {the} is {at} | is it correct that there is {a} {at}
    is it the {one} that is {at} | is it {the} {at} | is the object {at} {a}
    is that thing {at} {a} | is this {a} {at} | is what i see {at} {a}
    is the {spot} where {the} is | is the {spot} occupied by {a} | is the {spot} taken by {a}
    is {at} {a} | is there {a} to be seen {at} | is there {a} hiding {at}
    is there {a} sitting {at} | is there {a} or not {at} | is there perhaps {a} {at}
    is there really {a} {at} | are there {many} {at} | aren't there any {many} {at}
    isn't {the} placed {at} | isn't that {a} {at} | isn't the thing {at} {a} | does {the} sit {at}
    does {the} appear {at} | does {the} stand {at} | does {the} lie {at} | does {the} show up {at}
    does {a} show up {at} | does {a} appear {at} | does {a} turn up {at} | does {a} sit {at}
    does the {pic} have {a} {at} | does the {pic} show {a} {at} | does the {spot} contain {a}
    does the {spot} feature {a} | does the {spot} include {a} | doesn't the {spot} show {a}
    do you notice {a} {at} | do you spot {a} {at} | do you recognise {a} {at}
    do you see the {one} {at} | do you think {the} is {at} | do you think there is {a} {at}
    do we have {a} {at} | do we see {a} {at} | did you see {a} {at} | did you find {a} {at}
    did you notice {the} {at} | did i draw {a} {at} | did i put {the} {at} | did they put {a} {at}
    can you make out {a} {at} | can you spot {a} {at} | can you find {a} {at} | can i see {a} {at}
    can {a} be seen {at} | can it be that {the} is {at} | could that be {a} {at}
    could the thing {at} be {a} | could there be {a} {at} | would you say {the} is {at}
    would you say that is {a} {at} | would you call the thing {at} {a} | will i find {a} {at}
    have you found {a} {at} | have we got {a} {at} | has the {pic} {a} {at} | am i seeing {a} {at}
    am i right that {the} is {at} | {at}, is there {a} | {at}, do you see {a} | {at} is there {a}
    the {one} is {at} | there is {a} {at} | you see {a} {at} | you can see {a} {at}
    the thing {at} is {a}
    """,
    tell="""
    if {a} is {at} | if {a} sits {at} | whether {the} sits {at} | if {the} can be found {at}
    whether {the} can be seen {at} | if you see {a} {at} | whether you see {a} {at}
    if you can find {a} {at} | if the thing {at} is {a} | whether the thing {at} is {a}
    whether the object {at} is {a} | if that is {a} {at} | whether it is {a} that is {at}
    if there are any {many} {at} | whether the {spot} has {a} | if the {spot} shows {a}
    if it is true that {the} is {at} | whether it is true that there is {a} {at}
    whether {the} really is {at} | if i am right that {the} is {at}
    """,
    do="""
    check that {the} is {at} | check if {the} is {at} | check whether there is {a} {at}
    check whether the thing {at} is {a} | see if {the} is {at} | see whether there is {a} {at}
    see if you can find {a} {at} | look if there is {a} {at} | look whether {the} is {at}
    look for {a} {at} | confirm there is {a} {at} | confirm whether {the} is {at}
    verify whether there is {a} {at} | verify the {one} is {at} | say whether {the} is {at}
    say if there is {a} {at} | say yes if {the} is {at} | make sure {the} is {at}
    make sure that there is {a} {at} | look at the {spot} and say if you see {a}
    look {at} and say whether there is {a} | look {at} for {a} | search for {a} {at}
    find out if {the} is {at} | find out whether there is {a} {at}
    """,
    terse="""
    {a} {at}, yes or no | {a} {at}, true or false | {a} {at} or not | {a} {at}, correct
    {one} {at}, right | {one} {at} or not | {one} {at}, correct | any {many} {at} | see {a} {at}
    see any {many} {at} | got {a} {at} | the {one} {at} or somewhere else
    {the} {at}, is that right | {the} {at}, true or not | {at} {a}, yes or no | {at} {the}, right
    {spot}: {a}, yes or no | {at}: {a} or not | thing {at}: {a}, right | some {one} {at}
    """,
    say="""
    i think {the} is {at}, am i right? | i think i see {a} {at}. do you?
    i believe {the} is {at}. is it? | i guess {the} is {at}, right? | i guess that is {a} {at}
    i bet {the} is {at} | i bet there is {a} {at} | i see {a} {at}, right?
    i see {a} {at}, don't i? | i was wondering whether {the} is {at}
    i was wondering if there is {a} {at} | i wonder if that is {a} {at}
    i wonder whether {the} is {at} | i'd like to know whether there is {a} {at}
    i need to know if {the} is {at} | i can't tell if that is {a} {at}
    i can't see if there is {a} {at} | i'm not sure if {the} is {at}
    i'm not sure whether that is {a} {at}. is it? | i put {a} {at}, didn't i?
    my son says {the} is {at}. is that true? | my son wants to know if {the} is {at}
    my daughter thinks there is {a} {at}. is she right? | my wife says there is {a} {at}, correct?
    my friend bets {the} is {at}. right or wrong? | someone says there is {a} {at}. is there?
    they say {the} is {at}. true? | there is {a} {at}, isn't there? | there is {a} {at}, right?
    there is {a} {at}, yes? | there is {a} {at}, am i right? | there is no {one} {at}, is there?
    there isn't {a} {at}, is there? | {the} is {at}, yes? | {the} is {at}. true or false?
    {the} is {at}. correct? | {the} isn't {at}, is it? | {the} is not {at}, right?
    {the} is sitting {at}, isn't it? | {the} sits {at}, doesn't it? | {the} sits {at}, right?
    the thing {at} is {a}, isn't it? | the thing {at} is {a}, right? | the object {at}: is it {a}?
    the thing {at}, is it {a}? | the {spot} has {a}, doesn't it? | that is {a} {at}, isn't it?
    that is {a} {at}, right? | that thing {at}, is that {a}? | you see {a} {at}, don't you?
    you see {the} {at}, right? | look {at}. is there {a}? | look {at}. do you see {a}?
    look at the {spot}. is that {a}? | look at the {spot}: is it {a}? | look at {the}. is it {at}?
    see the {spot}? is {the} there? | see {the}? is it {at}? | is {the} {at}? yes or no?
    is {the} {at}? i can't tell | is there {a} {at}? i can't see one
    is that {a} {at}? or something else? | is it {a}, that thing {at}?
    do you see {a} {at}? i don't | so {the} is {at}, yes? | so it is {a} {at}, right?
    yes or no: there is {a} {at} | yes or no: is {the} {at}? | true or false: there is {a} {at}
    please confirm: {the} is {at} | please confirm, {a} {at}? | just to be sure, is {the} {at}?
    i forgot, was {the} {at}? | tell me if i am wrong, but {the} is {at}
    correct me if i am wrong: there is {a} {at} | surely {the} is {at}?
    """,
)
