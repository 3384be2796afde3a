"""Casual wordings of sizes: which of two is bigger or smaller, and the most of all."""

from __future__ import annotations

from sensorium_pocket.world.questions.wording import Phrases

COMPARE = Phrases(
    ask="""
    which is the {more} one, {the} or {the2} | which is the {more}, {the} or {the2}
    which is the {more} of the two, {the} or {the2}
    which of the two is the {more} one, {the} or {the2} | which one of {the} and {the2} is {more}
    which of these is {more}, {the} or {the2} | which of them is {more}, {the} or {the2}
    which object is {more}, {the} or {the2} | which object looks {more}, {the} or {the2}
    which item is {more}, {the} or {the2} | which one looks {more}, {the} or {the2}
    which one looks the {more} one, {the} or {the2}
    which one would you call {more}, {the} or {the2}
    which would you say is {more}, {the} or {the2} | which do you think is {more}, {the} or {the2}
    which seems {more}, {the} or {the2} | which one seems {more}, {the} or {the2}
    which is drawn {more}, {the} or {the2} | which one is drawn {more}, {the} or {the2}
    which one did i draw {more}, {the} or {the2} | which one {takes}, {the} or {the2}
    which {takes}, {the} or {the2} | which is {more} in size, {the} or {the2}
    which is {more} in this {pic}, {the} or {the2} | which is {more}, {one} or {one2}
    which {more}, {the} or {the2} | what one is {more}, {the} or {the2}
    what thing is {more}, {the} or {the2} | what object is {more}, {the} or {the2}
    what is the {more} one, {the} or {the2} | what is the {more} thing, {the} or {the2}
    what is the {more} of the two, {the} or {the2} | what appears {more}, {the} or {the2}
    what seems {more}, {the} or {the2} | what would you say is {more}, {the} or {the2}
    what {takes}, {the} or {the2} | who is the {more} one, {the} or {the2}
    who looks {more}, {the} or {the2} | is it {the} or {the2} that is {more}
    is it {the} that is {more} or {the2} | is {the} the {more} one or {the2}
    is {the} the {more} one of the two, or {the2} | is {the} a bit {more} than {the2}
    is {the} any {more} than {the2} | is {the} much {more} than {the2}
    is {the} really {more} than {the2} | is {the} perhaps {more} than {the2}
    is {the} drawn {more} than {the2} | is {the} {more} in size than {the2}
    is {the} {more} than {the2} or not | is {the} {more} than {the2} is
    is {the} {more} when compared with {the2} | is {the} {more} then {the2}
    is the size of {the} {more} than that of {the2} | is it true that {the} is {more} than {the2}
    is it right that {the} is {more} than {the2} | isn't {the} {more} than {the2}
    isn't {the} the {more} one compared to {the2} | am i right that {the} is {more} than {the2}
    are you sure {the} is {more} than {the2} | does {the} appear {more} than {the2}
    does {the} seem {more} than {the2} | does {the} look {more} to you than {the2}
    does {the} look {more} or does {the2} | doesn't {the} look {more} than {the2}
    does {the} or {the2} look {more} | did i draw {the} {more} than {the2}
    do you find {the} {more} than {the2} | do you think {the} or {the2} is {more}
    do you reckon {the} is {more} than {the2} | can you see if {the} or {the2} is {more}
    can one say {the} is {more} than {the2} | could it be that {the} is {more} than {the2}
    could {the} be {more} than {the2} | would you call {the} {more} than {the2}
    would {the} be {more} than {the2} | compared to {the2}, is {the} {more}
    in comparison to {the2}, is {the} {more} | next to {the2}, does {the} look {more}
    when i compare {the} and {the2}, which is {more}
    if you compare {the} with {the2}, which is {more}
    comparing {the} and {the2}, which one is {more} | among {the} and {the2}, which is {more}
    from {the} and {the2}, which one is {more} | out of {the} and {the2}, which is {more}
    out of {the} and {the2}, which one looks {more} | between {the} and {the2}, who is {more}
    between {the} and {the2}, which one {takes} | of the two, {the} and {the2}, which is {more}
    {the} and {the2}, which is {more} | {the} and {the2}, which one is the {more} one
    {the} or {the2}, what is {more} | {the} or {the2} is {more} | {the} or {the2} which is {more}
    {the} is {more} or {the2} | {the} is {more} than {the2} or not | {the} is {more} than {the2}
    {the}, is it {more} than {the2}
    """,
    tell="""
    which one looks {more}, {the} or {the2} | which of the two is {more}, {the} or {the2}
    which thing is {more}, {the} or {the2} | which one {takes}, {the} or {the2}
    who is {more}, {the} or {the2} | what is the {more} one, {the} or {the2}
    the {more} one of {the} and {the2} | if {the} is really {more} than {the2}
    if {the} looks {more} than {the2} | if {the} is {more} compared to {the2}
    if it is {the} or {the2} that is {more} | if it is true that {the} is {more} than {the2}
    if i am right that {the} is {more} than {the2} | whether {the} looks {more} than {the2}
    whether {the} is the {more} one or {the2} | whether it is {the} or {the2} that is {more}
    whether or not {the} is {more} than {the2} | {the} or {the2}, which is {more}
    of {the} and {the2}, which is {more}
    """,
    do="""
    compare the size of {the} and {the2}: which is {more}
    compare the sizes of {the} and {the2}. which is {more} | compare {the} to {the2}, is it {more}
    compare {the} with {the2} and name the {more} one
    compare {the} with {the2} and say which is {more}
    compare {the} and {the2} and tell me the {more} one
    look at {the} and {the2} and say which is {more}
    look at {the} and {the2} and pick the {more} one | decide which is {more}, {the} or {the2}
    decide whether {the} or {the2} is {more} | find out which is {more}, {the} or {the2}
    work out which one is {more}, {the} or {the2} | figure out whether {the} is {more} than {the2}
    check if {the} is {more} than {the2} | check whether {the} or {the2} is {more}
    see if {the} is {more} than {the2} | see which is {more}, {the} or {the2}
    confirm that {the} is {more} than {the2} | verify that {the} is {more} than {the2}
    judge which is {more}, {the} or {the2} | determine the {more} one of {the} and {the2}
    identify the {more} one: {the} or {the2} | select the {more} one, {the} or {the2}
    point out the {more} one, {the} or {the2} | give me the {more} one of {the} and {the2}
    show me the {more} one, {the} or {the2} | say whether {the} is {more} than {the2}
    say if {the} or {the2} is {more} | state which is {more}, {the} or {the2}
    tell which one is {more}, {the} or {the2} | tell {the} from {the2}: which is {more}
    """,
    terse="""
    {more} one: {the} or {the2} | {more} of the two: {the} or {the2} | which {more}: {one} or {one2}
    {more}: {one} or {one2} | {more}, {one} or {one2} | who {more}, {the} or {the2}
    {one} or {one2}: {more} one | {one} {more} than {one2} | {one} {more} than {one2} or not
    {the} or {the2}: which {more} | {the} or {the2}, {more} one
    {the} {more} than {the2}, yes or no | {the} {more} than {the2}, right
    {the} {more} than {the2}, true or false | {the} {more} or {the2}
    {the} the {more} one, or {the2} | {the} vs {the2}, which is {more}
    {the} versus {the2}: which is {more} | {one} vs {one2}: {more}
    """,
    say="""
    {the} is {more} than {the2}, right? | {the} is {more} than {the2}, isn't it?
    {the} is {more} than {the2}, yes? | {the} is {more} than {the2}. true or false?
    {the} is {more} than {the2}. correct? | {the} isn't {more} than {the2}, is it?
    {the} looks {more} than {the2}, doesn't it? | i think {the} is {more} than {the2}
    i think {the} is {more} than {the2}. am i right? | i believe {the} is {more} than {the2}, is it?
    i'd say {the} is {more} than {the2}. do you agree? | i bet {the} is {more} than {the2}
    i bet on {the}. is it {more} than {the2}? | i can't tell which is {more}, {the} or {the2}
    i can't tell if {the} is {more} than {the2} | i can't decide: is {the} {more} or {the2}?
    i'm not sure which is {more}, {the} or {the2} | i was wondering which is {more}, {the} or {the2}
    i was wondering if {the} is {more} than {the2} | i wonder whether {the} or {the2} is {more}
    i'd like to know which one is {more}, {the} or {the2}
    i need to know if {the} is {more} than {the2} | i need the {more} one. {the} or {the2}?
    i want the {more} one. is it {the} or {the2}?
    my son says {the} is {more} than {the2}. is that true?
    my son wants to know which is {more}, {the} or {the2}
    my daughter thinks {the} is {more} than {the2}. is she right?
    my daughter asks if {the} is {more} than {the2}
    my friend says {the} is {more}, i say {the2}. who is right?
    my wife and i disagree: which is {more}, {the} or {the2}?
    my teacher asks which is {more}: {the} or {the2} | there is {a} and {a2}. which is {more}?
    there is {a} and {a2}. which one is the {more} one? | there are {a} and {a2}, which is {more}?
    i see {a} and {a2}. which is {more}? | i see {a} and {a2}. is {the} {more}?
    look at {the} and {the2}. which is {more}? | look at {the} and {the2}. which one looks {more}?
    look at {the} and then at {the2}. which is {more}? | look at {the}. is it {more} than {the2}?
    take {the} and {the2}. which is {more}? | take {the} and {the2}: which one {takes}?
    compare {the} and {the2}. which is {more}? | compare {the} with {the2}. which one is {more}?
    let's compare {the} and {the2}. which is {more}?
    let us compare sizes: {the} or {the2}, which is {more}? | see {the} and {the2}? which is {more}?
    {the} and {the2}. which is {more}? | {the} and {the2}: who is {more}?
    {the} or {the2}? which is {more}? | {the} or {the2}? i mean, which is {more}?
    {the} against {the2}: which is {more}? | if i put {the} beside {the2}, which is {more}?
    which is {more}? {the} or {the2}? | which one is {more}? {the} or {the2}?
    what is {more}? {the} or {the2}? | is {the} {more}? or {the2}?
    is {the} {more} or is it {the2}? | is {the} {more} than {the2}? i can't tell
    is {the} {more} than {the2}? yes or no? | which is {more}, {the} or {the2}? i can't tell
    which one is {more}, {the} or {the2}? just name it | yes or no: is {the} {more} than {the2}?
    true or false: {the} is {more} than {the2} | so {the} is {more} than {the2}, is it?
    so which is {more} now, {the} or {the2}? | correct me if i am wrong: {the} is {more} than {the2}
    surely {the} is {more} than {the2}? | in size, which is {more}: {the} or {the2}?
    by size: is {the} or {the2} {more}? | talking about size, is {the} {more} than {the2}?
    """,
)

EXTREME = Phrases(
    ask="""
    what is the {most} thing overall | what is the {most} thing shown
    what is the {most} thing there is | what is the {most} thing you can find
    what is the {most} thing of all | what is the {most} thing around
    what is the {most} thing drawn | what is the {most} one | what is the {most} one here
    what is the {most} one of all | what is the {most} of all the things
    what is the {most} of these things | what is the {most} of the objects
    what is the {most} object here | what is the {most} object you see
    what is the {most} object of all | what is the {most} item in the {pic}
    what is the {most} item here | what is the {most} in the {pic} | what is the {most} in size
    what is the {most} stuff in the {pic} | what is {most} in the {pic} | what is {most} of all
    what is {most} here | what is drawn {most} | what did i draw {most} | what did they draw {most}
    what item is {most} | what object is {most} | what object looks {most} | what thing looks {most}
    what thing is {most} in the {pic} | what one is the {most} | what appears {most}
    what seems {most} | what seems to be the {most} thing | what would you say is the {most} thing
    what would you call the {most} thing | what do you think is the {most} thing | what {takes_most}
    which thing {takes_most} | which object {takes_most} | which one {takes_most} | which is {most}
    which is {most} of all | which is the {most} one | which is the {most} one here
    which is the {most} item | which is the {most} of them all | which is the {most} of the things
    which is the {most} thing in the {pic} | which is the {most} object here
    which thing appears {most} | which thing seems the {most}
    which thing is the {most} in the {pic} | which thing would you say is {most}
    which thing did i draw {most} | which object looks {most} | which object appears the {most}
    which object is drawn {most} | which object would you call the {most} | which item is the {most}
    which item is the {most} here | which item looks the {most} | which one of them is {most}
    which one of the things is the {most} | which one of these is the {most}
    which one looks {most} | which one looks the {most} | which one seems the {most}
    which of these is {most} | which of these is the {most} | which of these things is the {most}
    which of the objects is the {most} | which of the items is {most}
    which of all the things is the {most} | which among the things is the {most} | who is the {most}
    who is the {most} one | who is the {most} of them | who is the {most} of all | who is {most}
    who looks {most} | can you find the {most} thing | can you see which thing is the {most}
    can you tell which one is the {most} | do you see which is the {most}
    may i ask which thing is the {most} | of all the objects, which is {most}
    of everything in the {pic}, what is the {most} | of everything you see, what is {most}
    of all you see, which is the {most} | out of all the things, which is the {most}
    out of everything, what is the {most} | among all the things, which one is the {most}
    among the objects, which is the {most} | from all the things, which is {most}
    from the things in the {pic}, which is the {most} | in the {pic}, which thing is the {most}
    in this {pic} what is the {most} | comparing all the things, which is the {most}
    the {most} thing is what | the {most} thing is which | the {most} object is which one
    the {most} one is which | the {most} thing, what is it | the {most} one, which is it
    the {most} is what | what thing the {most} is
    """,
    tell="""
    what the {most} one is | what the {most} item is | what the {most} of them is
    what is the {most} thing in the {pic} | what is the {most} object | what is the {most}
    what is {most} | what looks {most} | what {takes_most} | which thing {takes_most}
    which thing looks the {most} | which item is the {most} | which object is {most}
    which object looks {most} | which one is {most} | which one looks the {most}
    which is the {most} | which is the {most} thing | which of the things is the {most}
    which of the objects is the {most} | which of these is the {most} | who is the {most}
    the {most} object | the {most} one | the name of the {most} thing
    """,
    do="""
    find the {most} one | find the {most} item | find the {most} thing in the {pic}
    find out which thing is the {most} | find out what is {most} | figure out which is the {most}
    work out what the {most} thing is | determine the {most} object
    determine which thing is the {most} | decide which thing is the {most}
    look for the {most} thing | look for the {most} object | look which one is the {most}
    look at everything and name the {most} thing | look at all the things and pick the {most}
    compare all the things and name the {most} | compare the sizes and tell me the {most}
    compare everything: which is the {most} | search for the {most} thing | spot the {most} thing
    spot the {most} object | locate the {most} thing | pick the {most} thing | pick the {most} one
    pick out the {most} object | choose the {most} thing | select the {most} one
    name the {most} one | name the {most} item | name the {most} of them
    name the {most} of all the things | name which thing is the {most} | say what is the {most}
    say which thing is the {most} | say which one is {most} | tell the {most} thing
    tell which is the {most} | state the {most} object | give me the {most} thing
    give me the {most} object | give me the name of the {most} thing | identify the {most} one
    identify the {most} item | indicate the {most} thing | point to the {most} thing
    point at the {most} one | point out the {most} object | show the {most} thing
    show me the {most} one | show me which is the {most} | report the {most} thing
    recognise the {most} object | rank the things and name the {most}
    """,
    terse="""
    {most} | the {most} | {most} of all | {most} of them | {most} overall | {most} thing here
    {most} thing in the {pic} | {most} object in the {pic} | {most} in the {pic} | {most} by size
    {most}, which one | {most}: which | {most}: what | which {most} | what {most} | who {most}
    which thing {most} | which one {most} | which thing the {most} | the {most} item
    the {most} of all | the {most} of the things | the {most} thing, please | the {most} one, please
    name of the {most} thing
    """,
    say="""
    look at all the things. which is the {most}? | look at everything. what is the {most}?
    look at the {pic}. which thing is the {most}? | look around. what is the {most} thing?
    look at the sizes. which thing is the {most}?
    there are different sizes. which thing is the {most}?
    there are many things. which is the {most}? | there are a few things. which one is {most}?
    so many things! which is the {most}? | i see lots of things. which is the {most}?
    i see several objects, which one is the {most}? | i can't tell which thing is the {most}
    i can't decide which is the {most}. can you? | i can't see which one is the {most}
    i'm not sure which object is the {most} | i was wondering which thing is the {most}
    i was wondering what the {most} thing is | i wonder which is the {most}
    i wonder what is the {most} object here | i'd like to know what is the {most}
    i'd love to know which thing is the {most} | i need to know the {most} thing
    i need the {most} one. which is it? | i need the {most} object, which one is that?
    i want the {most} thing. what is it? | i am looking for the {most} thing
    i'm looking for the {most} object | i am searching for the {most} one
    i would pick the {most}. which is it? | my son wants to know which thing is the {most}
    my son asks what the {most} thing is | my daughter wants the {most} one. which is it?
    my daughter is looking for the {most} thing | my friend asks which object is the {most}
    my teacher asks which thing is the {most} | my kids want to know what is {most}
    we are looking for the {most} thing | for my homework: which thing is the {most}?
    let's see which thing is the {most} | let's find the {most} thing
    let's compare. which thing is the {most}? | let us compare all of them. which is {most}?
    some things are bigger, some are smaller. which is the {most}?
    not all have the same size. which is the {most}? | one of them is the {most}. which one?
    one thing is the {most}. what is it? | something is the {most} here, but what?
    there must be a {most} thing. what is it? | the {most} one. which is it?
    the {most} thing. what is it? | the {most} thing? | the {most}? which one is it?
    which is the {most}? name it | which thing is the {most}? i can't tell
    which one is the {most}? just the name | what is the {most}? i mean of all the things
    what is {most}? i need to know | if you compare all of them, which is the {most}?
    if you line them up by size, which is the {most}? | if i want the {most} thing, which do i take?
    when you look at everything, what is {most}? | by size, which thing is the {most}?
    in size, what is the {most}? | talking about size, which is the {most}?
    size matters: what is the {most}? | not the position, the size: which is the {most}?
    do you see all the things? which is the {most}? | do you see them all? name the {most}
    quick, the {most} one, which is it? | guess which thing is the {most}
    please help me pick the {most} thing
    """,
)
