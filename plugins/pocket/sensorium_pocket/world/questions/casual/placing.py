"""Casual wordings of how two things lie to each other."""

from __future__ import annotations

from sensorium_pocket.world.questions.wording import Phrases

RELATION = Phrases(
    ask="""
    is {the} to be found {side} {the2} | is {the} situated {side} {the2}
    is {the} shown {side} {the2} | is {the} drawn {side} {the2} | is {the} sitting {side} {the2}
    is {the} standing {side} {the2} | is {the} resting {side} {the2} | is {the} lying {side} {the2}
    is {the} actually {side} {the2} | is {the} in fact {side} {the2} | is {the} maybe {side} {the2}
    is {the} by any chance {side} {the2} | is {the} in a place {side} {the2}
    is {the} in a spot {side} {the2} | is it so that {the} is {side} {the2}
    is it fair to say {the} is {side} {the2} | am i right that {the} is {side} {the2}
    am i right in thinking {the} is {side} {the2} | are you sure {the} is {side} {the2}
    isn't {the} placed {side} {the2} | isn't {the} sitting {side} {the2}
    isn't it true that {the} is {side} {the2} | does {the} rest {side} {the2}
    does {the} show up {side} {the2} | does {the} turn up {side} {the2}
    does {the} hang around {side} {the2} | does {the} happen to be {side} {the2}
    does it look like {the} is {side} {the2} | does the {pic} show {the} {side} {the2}
    does the {pic} have {the} {side} {the2} | doesn't {the} sit {side} {the2}
    do we find {the} {side} {the2} | do we have {the} {side} {the2} | do i see {the} {side} {the2}
    do you notice {the} {side} {the2} | do you spot {the} {side} {the2}
    do you believe {the} is {side} {the2} | do you agree that {the} is {side} {the2}
    do you reckon {the} is {side} {the2} | did i draw {the} {side} {the2}
    did i put {the} {side} {the2} | did they put {the} {side} {the2}
    did you find {the} {side} {the2} | can you confirm that {the} is {side} {the2}
    can i say that {the} is {side} {the2} | can it be that {the} is {side} {the2}
    could it be that {the} is {side} {the2} | could {the} be {side} {the2}
    would it be correct to say {the} is {side} {the2} | would {the} be {side} {the2}
    will i find {the} {side} {the2} | would i find {the} {side} {the2}
    has {the} been placed {side} {the2} | have they put {the} {side} {the2}
    {the} is it {side} {the2} | {the}, is it {side} {the2} | {the} sits {side} {the2}
    {the} stands {side} {the2} | {the} can be found {side} {the2}
    seen from {the2}, is {the} {compared} | in comparison with {the2}, is {the} {compared}
    is {the} {compared} than {the2} | is {the} {compared} in the {pic} than {the2}
    does {the} sit {compared} than {the2} | is {the} placed {compared} than {the2}
    of {the} and {the2}, is {the} the one {compared} | looking from {the2}, is {the} {compared}
    relative to {the2}, is {the} {compared}
    """,
    tell="""
    whether {the} is located {side} {the2} | whether {the} lies {side} {the2}
    whether {the} stands {side} {the2} | whether {the} can be found {side} {the2}
    whether it is true that {the} is {side} {the2} | whether or not {the} is {side} {the2}
    whether {the} is {compared} than {the2} | whether you see {the} {side} {the2}
    if {the} can be seen {side} {the2} | if {the} appears {side} {the2}
    if {the} is {compared} than {the2} | if {the} is placed {side} {the2}
    if {the} really is {side} {the2} | if {the} stands {side} {the2}
    if i am right that {the} is {side} {the2} | if it is correct that {the} is {side} {the2}
    if you find {the} {side} {the2}
    """,
    do="""
    check that {the} is {side} {the2} | check if {the} sits {side} {the2}
    look if {the} is {side} {the2} | look whether {the} is {side} {the2}
    see whether {the} is {side} {the2} | find out if {the} is {side} {the2}
    find out whether {the} is {side} {the2} | work out whether {the} is {side} {the2}
    figure out if {the} is {side} {the2} | confirm whether {the} is {side} {the2}
    confirm {the} is {side} {the2} | verify whether {the} is {side} {the2}
    make sure {the} is {side} {the2} | say yes if {the} is {side} {the2}
    say whether {the} sits {side} {the2} | decide whether {the} is {side} {the2}
    determine if {the} is {side} {the2} | judge whether {the} is {side} {the2}
    look at {the} and say if it is {side} {the2} | find {the} and say whether it is {side} {the2}
    compare the places of {the} and {the2}: is {the} {compared}
    """,
    terse="""
    {the} {side} {the2}, yes or no | {the} {side} {the2}, true or false | {the} {side} {the2}, right
    {the} {side} {the2} or not | {the} {side} {the2}, correct | {one} {side} {one2}, yes or no
    {one} {side} {one2}, right | {one} {side} {one2} or not | {the} {compared} than {the2}
    {one} {compared} than {one2} | {the}: {side} {the2} | {the}: {side} {the2} or not
    {the} {side} {one2} | {the}, {side} {the2} | {the} is {compared} than {the2}
    """,
    say="""
    {the} is {side} {the2}, yes? | {the} is {side} {the2}. true or false?
    {the} is {side} {the2}. correct? | {the} is {side} {the2}. am i right?
    {the} is {side} {the2}, or am i wrong? | {the} is {side} {the2}, agreed?
    {the} isn't {side} {the2}, is it? | {the} is not {side} {the2}, right?
    {the} is not {side} {the2}, is it? | {the} sits {side} {the2}, doesn't it?
    {the} sits {side} {the2}, right? | {the} is sitting {side} {the2}, isn't it?
    i think {the} is {side} {the2} | i think {the} is {side} {the2}. am i right?
    i think {the} is {side} {the2}, is it? | i believe {the} is {side} {the2}, true?
    i'd say {the} is {side} {the2} | i'd say {the} is {side} {the2}. do you agree?
    i bet {the} is {side} {the2} | i guess {the} is {side} {the2}, right?
    i see {the} {side} {the2}, don't i? | i can't tell if {the} is {side} {the2}
    i'm not sure if {the} is {side} {the2} | i'm not sure whether {the} is {side} {the2}. is it?
    i was wondering if {the} is {side} {the2} | i was wondering whether {the} sits {side} {the2}
    i wonder if {the} is {side} {the2} | i'd like to know whether {the} is {side} {the2}
    i need to know if {the} is {side} {the2} | i put {the} {side} {the2}, didn't i?
    my son says {the} is {side} {the2}. is that true?
    my son wants to know if {the} is {side} {the2}
    my daughter thinks {the} is {side} {the2}. is she right?
    my wife says {the} is {side} {the2}, correct?
    my friend bets that {the} is {side} {the2}. right or wrong?
    my teacher asks whether {the} is {side} {the2} | they say {the} is {side} {the2}. true?
    look at {the}. is it {side} {the2}? | look at {the} and {the2}. is {the} {side} {the2}?
    look at {the} and {the2}: is {the} {compared}? | take {the} and {the2}. is {the} {compared}?
    see {the}? is it {side} {the2}? | find {the}. is it {side} {the2}?
    there is {a} and {a2}. is {the} {side} {the2}? | there is {a2}. is {the} {side} it?
    i see {a2}. is {the} {side} it? | is {the} {side} {the2}? yes or no?
    is {the} {side} {the2}? i can't tell | is {the} {side} {the2}? i think so
    is {the} {side} {the2}? my son says no | is {the} {side} {the2}? or not?
    so {the} is {side} {the2}, yes? | so {the} is {side} {the2}, is it?
    so is {the} {side} {the2} or what? | please confirm: {the} is {side} {the2}
    please check: is {the} {side} {the2}? | just to be sure, is {the} {side} {the2}?
    correct me if i am wrong: {the} is {side} {the2}
    tell me if i am wrong, but {the} is {side} {the2} | surely {the} is {side} {the2}?
    would you agree? {the} is {side} {the2} | you see {the} {side} {the2}, don't you?
    as for {the}, is it {side} {the2}?
    """,
)

NEXT_TO = Phrases(
    ask="""
    what can you make out {near} {the} | what do you notice {near} {the}
    what do you recognise {near} {the} | what do we have {near} {the} | what do we see {near} {the}
    what did you find {near} {the} | what did you spot {near} {the} | what did i draw {near} {the}
    what did i put {near} {the} | what did they put {near} {the} | what have you found {near} {the}
    what has been placed {near} {the} | what was put {near} {the} | what is drawn {near} {the}
    what is depicted {near} {the} | what is positioned {near} {the} | what is hiding {near} {the}
    what is resting {near} {the} | what is hanging around {near} {the}
    what is standing {near} {the} | what is going on {near} {the} | what is that {near} {the}
    what is that thing {near} {the} | what is this {near} {the} | what is it {near} {the}
    what is it that is {near} {the} | what are you seeing {near} {the} | what hides {near} {the}
    what rests {near} {the} | what shows up {near} {the} | what turns up {near} {the}
    what happens to be {near} {the} | what stuff is {near} {the} | what item is {near} {the}
    what sort of thing is {near} {the} | what sort of object sits {near} {the}
    what would you find {near} {the} | what would you say is {near} {the}
    what would you call the thing {near} {the} | what do you call the object {near} {the}
    what could that be {near} {the} | what might be {near} {the}
    what is the name of the thing {near} {the} | what exactly is {near} {the}
    what is {the}'s neighbor {neighbour} | what neighbor does {the} have {neighbour}
    what does {the} have directly {neighbour} | what has {the} {neighbour}
    what has {the} got {neighbour} | what do you see if you look {near} {the}
    which object sits {near} {the} | which thing can be seen {near} {the}
    which item can you spot {near} {the} | which object appears {near} {the}
    which one is {near} {the} | which neighbor is {near} {the} | who is {near} {the}
    who sits {near} {the} | who is hiding {near} {the} | is there anything to see {near} {the}
    is there an object {near} {the} | is there a thing {near} {the} | is there nothing {near} {the}
    is anything to be seen {near} {the} | is anything hiding {near} {the}
    isn't there anything {near} {the} | isn't there something {near} {the}
    can you tell what is {near} {the} | can you name the thing {near} {the}
    do you know what is {near} {the} | do you recognize the thing {near} {the}
    does anything appear {near} {the} | does something show up {near} {the}
    does {the} have a neighbor {neighbour} | does {the} have something {neighbour}
    has {the} got anything {neighbour} | has {the} something {neighbour}
    did i put anything {near} {the} | {near} {the} is what | {near} {the} there is what
    {near} {the} you see what | {near} {the} what is | {near} {the}, what can be seen
    the thing {near} {the} is what | the object {near} {the} is what
    the thing {near} {the}, what is it | {the} has what {neighbour} | what you see {near} {the}
    what there is {near} {the} | starting from {the}, what is {neighbour}
    seen from {the}, what is {neighbour}
    """,
    tell="""
    what can be found {near} {the} | what is to be found {near} {the} | what you notice {near} {the}
    what you can make out {near} {the} | what that thing {near} {the} is
    what the object {near} {the} is | what the thing {near} {the} is called
    what has been drawn {near} {the} | which object sits {near} {the} | what is hiding {near} {the}
    what kind of thing is {near} {the} | whether anything is {near} {the}
    whether something is {near} {the} | who is {near} {the} | what they put {near} {the}
    what i put {near} {the} | what {the} has {neighbour} | if {the} has anything {neighbour}
    the name of the thing {near} {the}
    """,
    do="""
    look {near} {the} and tell me what you see | look {near} {the} and name the thing
    look at {the} and say what is {neighbour} | look at {the} and name the thing {neighbour}
    go to {the} and tell me what is {neighbour} | start from {the} and name the thing {neighbour}
    locate {the} and tell me what is {neighbour} | find {the} and name the neighbor {neighbour}
    find {the} and tell me what you see {neighbour} | recognise the object {near} {the}
    give me the thing {near} {the} | give me the name of the object {near} {the}
    say what is {near} {the} | say what sits {near} {the} | say which thing is {near} {the}
    tell what is {near} {the} | report what is {near} {the} | mention what is {near} {the}
    check what is {near} {the} | check whether there is anything {near} {the}
    see what is {near} {the} | find out what is {near} {the} | figure out what is {near} {the}
    show me the thing {near} {the} | show me what is {near} {the} | describe the thing {near} {the}
    """,
    terse="""
    {near} {the}: what | {near} {the}, what | {near} {the}, anything | what {near} {the}
    what thing {near} {the} | which thing {near} {the} | which object {near} {the}
    who {near} {the} | the object {near} {the} | the one {near} {the} | that thing {near} {the}
    item {near} {the} | whatever is {near} {the} | neighbor {near} {the} | nothing {near} {the}
    {the}: what is {neighbour} | {the}, what is {neighbour} | {the}: anything {neighbour}
    {one}: what is {neighbour}
    """,
    say="""
    look at {the}. what is {neighbour}? | look at {the}. what do you see {neighbour}?
    look at {the}, which thing is {neighbour}? | see {the}? what is {neighbour}?
    you see {the}? what is {neighbour}? | do you see {the}? what is {neighbour}?
    find {the}. what is {neighbour}? | find {the}. now what do you see {neighbour}?
    go to {the}. what is {neighbour}? | take {the}. what is {neighbour}?
    there is {a}. what is {neighbour}? | there is {a}, and what is {neighbour}?
    i see {a}. what is {neighbour}? | i see {a}, but what is {neighbour}?
    i see {the}. what is that {neighbour}? | i found {the}. which thing is {neighbour}?
    there is something {near} {the}. what is it? | there is a thing {near} {the}, what is it?
    something is {near} {the}, but what? | i see something {near} {the}. what is it?
    i can't make out what is {near} {the} | i can't make out the thing {near} {the}. what is it?
    i can't see what is {near} {the}. can you? | i was wondering what is {near} {the}
    i wonder what that is {near} {the} | i'd like to know what is {near} {the}
    i need to know what is {near} {the} | my son wants to know what is {near} {the}
    my daughter asks what sits {near} {the} | my friend wants to know which thing is {near} {the}
    i put something {near} {the}, can you guess what?
    i drew something {near} {the}. do you recognise it? | i forgot what i put {near} {the}
    what is that {near} {the}? i can't tell | what is {near} {the}? i forgot my glasses
    anything {near} {the} or is it empty there? | is it empty {near} {the}, or is something there?
    {near} {the}: something or nothing? | {near} {the}, what have we got?
    {near} {the}, is there anything? | {near} {the} i see something, what is it?
    concerning {the}, what is {neighbour}? | there is nothing {near} {the}, is there?
    there is nothing {near} {the}, right? | sorry, what was {near} {the}?
    help me out, what is {near} {the}? | that thing {near} {the}, what is it called?
    that thing {near} {the} looks odd. what is it? | {the} has a neighbor {neighbour}. what is it?
    {the} has something {neighbour}, what is it? | {the}. what is {neighbour}?
    {the}, does it have anything {neighbour}? | imagine you are {the}. what is {neighbour}?
    """,
)
