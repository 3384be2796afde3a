"""Wordings of sizes: which of two is bigger or smaller, and the biggest and smallest of all."""

from __future__ import annotations

from .casual import comparing
from .wordbank import entries
from .wording import Phrases

# {more} and {most} are one of these.
SIZES = {
    "bigger": entries("bigger|larger") * 5 + entries("more big|greater"),
    "smaller": entries("smaller|smaller|tinier") * 4 + entries("littler|more small"),
    "biggest": entries("biggest|largest") * 5 + entries("most big|hugest"),
    "smallest": entries("smallest|smallest|tiniest") * 4 + entries("littlest|most small"),
}

# {takes} and {takes_most} are one of these.
SPACE = {
    "bigger": entries("takes up more space|takes up more room|takes more space|fills more room"),
    "smaller": entries("takes up less space|takes up less room|takes less space|fills less room"),
    "biggest": entries("takes up the most space|takes up the most room|takes the most space"),
    "smallest": entries("takes up the least space|takes up the least room|takes the least space"),
}

COMPARE = Phrases(
    ask="""
    which is {more}, {the} or {the2} | which is {more}, {the} or {the2}
    which is {more}, {the} or {the2} | which is {more}: {the} or {the2}
    which one is {more}, {the} or {the2} | which one is {more}, {the} or {the2}
    which one is the {more} one, {the} or {the2} | which of the two is {more}, {the} or {the2}
    which thing is {more}, {the} or {the2} | which looks {more}, {the} or {the2}
    which appears {more}, {the} or {the2} | which of {the} and {the2} is {more}
    what is {more}, {the} or {the2} | what is {more}, {the} or {the2}
    what looks {more}, {the} or {the2} | who is {more}, {the} or {the2}
    is {the} {more} than {the2} | is {the} {more} than {the2} | is {the} {more} or is {the2}
    is {the} or {the2} {more} | is {the} or {the2} the {more} one
    is {the} {more} compared to {the2} | does {the} look {more} than {the2}
    would you say {the} is {more} than {the2} | would you say {the} or {the2} is {more}
    do you think {the} is {more} than {the2} | {the} or {the2}, which is {more}
    {the} or {the2}, which one is {more} | {the} or {the2}: what is {more}
    between {the} and {the2}, which is {more} | between {the} and {the2}, which one is {more}
    of {the} and {the2}, which is {more} | of {the} and {the2}, which one is {more}
    """,
    tell="""
    which is {more}, {the} or {the2} | which is {more}, {the} or {the2}
    which one is {more}, {the} or {the2} | which of {the} and {the2} is {more}
    what is {more}, {the} or {the2} | if {the} is {more} than {the2}
    if {the} or {the2} is {more} | whether {the} is {more} than {the2}
    whether {the} or {the2} is {more}
    """,
    do="""
    name the {more} one, {the} or {the2} | name the {more} one of {the} and {the2}
    name the {more} of {the} and {the2} | pick the {more} one: {the} or {the2}
    choose the {more} one, {the} or {the2} | say which is {more}, {the} or {the2}
    compare {the} and {the2}: which is {more}
    """,
    terse="""
    {more}: {the} or {the2} | {more}, {the} or {the2} | the {more} one: {the} or {the2}
    {the} or {the2}: {more} | {one} or {one2}, which is {more} | {the} {more} than {the2}
    """,
).with_casual(comparing.COMPARE)

EXTREME = Phrases(
    ask="""
    what is the {most} thing | what is the {most} thing | what is the {most} thing in the {pic}
    what is the {most} thing you see | what is the {most} thing here | what is the {most} object
    what is the {most} object in the {pic} | what is the {most} item | what is {most}
    what is the {most} | what is the {most} of them | what is the {most} of all
    what thing is {most} | what thing is the {most} | what object is the {most}
    what looks {most} | which thing is {most} | which thing is the {most}
    which thing is the {most} of all | which thing looks {most} | which object is {most}
    which object is the {most} | which object is the {most} in the {pic}
    which item is the {most} | which one is {most} | which one is the {most}
    which is the {most} | which is the {most} thing | which is the {most} object
    which of them is the {most} | which of the things is the {most}
    which of the objects is {most} | of all the things, which is the {most}
    """,
    tell="""
    what is the {most} thing | what the {most} thing is | what the {most} object is
    what the {most} thing in the {pic} is | which thing is the {most} | which thing is {most}
    which object is the {most} | which one is the {most} | which of them is {most}
    the {most} thing | the {most} thing in the {pic}
    """,
    do="""
    name the {most} thing | name the {most} object | name the {most} thing in the {pic}
    find the {most} thing | find the {most} object | identify the {most} thing
    identify the {most} object | point out the {most} thing | show me the {most} thing
    """,
    terse="""
    {most} thing | {most} thing | {most} object | {most} item | {most} one | the {most} thing
    the {most} object | the {most} one
    """,
).with_casual(comparing.EXTREME)

PHRASES = {"bigger": COMPARE, "smaller": COMPARE, "biggest": EXTREME, "smallest": EXTREME}
