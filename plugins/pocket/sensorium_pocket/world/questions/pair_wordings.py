"""Wordings of questions about two pictures. {pic} is 'picture', 'image' or the like."""

from __future__ import annotations

from random import Random

from sensorium_pocket.world.things import article

from .pairs import EACH, FULLER, GROUND, MORE, WHICH, PairQuery
from .phrasing import phrase
from .wordbank import PICTURE_WORDS, entries
from .wording import Phrases, fill_slots, finish, word

NAMES: tuple[tuple[str, ...], tuple[str, ...]] = (
    entries("""
    the first {pic} | the first {pic} | the first {pic} | the first {pic} | the first one
    {pic} one | {pic} number one | {pic} 1 | the 1st {pic} | the very first {pic}
    the first of the two | the first of the {pic}s
    """),
    entries("""
    the second {pic} | the second {pic} | the second {pic} | the second {pic} | the second one
    {pic} two | {pic} number two | {pic} 2 | the 2nd {pic} | the last {pic} | the last one
    the second of the two | the second of the {pic}s
    """),
)
"""What each picture is called, wherever both are."""

LATER_NAMES: tuple[tuple[str, ...], tuple[str, ...]] = (
    entries("""
    the previous {pic} | the {pic} before | the other {pic} | the earlier {pic} | the old {pic}
    the {pic} from before | the other one
    """),
    entries("""
    the new {pic} | the latest {pic} | the current {pic} | this new {pic} | the newest {pic}
    """),
)
"""What else each is called where the second came later."""

WHICH_HAS = Phrases(
    ask="""
    which {pic} has {a} | which {pic} has {a} | which {pic} has {a} in it | which {pic} shows {a}
    which {pic} contains {a} | which {pic} has {many} | which {pic} shows {many}
    which {pic} has the {one} | which {pic} has the {many} | which {pic} is {the} in
    which {pic} is {the} on | which {pic} do you see {a} in | which {pic}s have {a}
    which {pic}s have {many} | which {pic}s show {a} | which of the {pic}s has {a}
    which of the {pic}s shows {a} | which of the two {pic}s has {a} | which of the two has {a}
    which of these {pic}s has {a} | which of them has {a} | which one has {a} | which one has {a}
    which one shows {a} | which one has the {one} | which one contains {a}
    in which {pic} {is} {thes} | in which {pic} {is} {thes} | in which {pic} is there {a}
    in which {pic} do you see {a} | in which {pic} can i find {a} | in which one is {the}
    on which {pic} is {the} | in what {pic} is {the} | what {pic} has {a} | what {pic} is {the} in
    is {the} in the first or the second {pic} | is {the} in the first or in the second {pic}
    is {the} in the first {pic} or in the second | first or second {pic}: where is {the}
    is there {a} in either {pic} | is there {a} in one of the {pic}s
    is there {a} in any of the {pic}s | is there {a} in any of them
    is there {a} in both {pic}s
    is there {a} in both | are there {many} in both {pic}s | are there {many} in either {pic}
    do both {pic}s have {a} | do both {pic}s show {a} | do both have {a}
    does either {pic} have {a} | does either of them have {a} | do either of the {pic}s have {a}
    do you see {a} in both {pic}s
    do you see {a} in either {pic} | does one of the {pic}s have {a} | does any {pic} have {a}
    can you see {a} in either of the {pic}s | have both {pic}s got {a} | has either {pic} got {a}
    """,
    tell="""
    which {pic} has {a} | which {pic} has {a} | which {pic} shows {a} | which {pic} {the} is in
    in which {pic} {thes} {is} | in which {pic} you see {a} | which one has {a}
    which of the {pic}s has {a} | which of the two has {a} | if there is {a} in either {pic}
    if both {pic}s have {a} | whether both {pic}s have {a} | whether either {pic} has {a}
    """,
    do="""
    find the {pic} with {a} | find the {pic} with the {one} | find the {pic} that has {a}
    name the {pic} with {a} | name the {pic} that has {a} | pick the {pic} with {a}
    pick the one with {a} | show me which {pic} has {a} | point out the {pic} with {a}
    """,
    terse="""
    {a}: which {pic} | {the}: which {pic} | the {pic} with {a} | the {pic} with the {one}
    {the}: first or second {pic} | {a}, in which {pic} | {many}: in which {pic}
    """,
)

WHICH_HAS_MORE = Phrases(
    ask="""
    which {pic} has more {many} | which {pic} has more {many} | which {pic} shows more {many}
    which {pic} contains more {many} | which {pic} has the most {many} | which one has more {many}
    which one has more {many} | which one shows more {many} | which of the {pic}s has more {many}
    which of the two {pic}s has more {many} | which of the two has more {many}
    which of them has more {many} | in which {pic} are there more {many}
    in which {pic} are more {many} | in which {pic} do you see more {many}
    in which {pic} can you count more {many} | in which one are there more {many}
    are there more {many} in the first or the second {pic}
    are there more {many} in the first or in the second {pic}
    are there more {many} in the first {pic} or in the second one
    does the first {pic} have more {many} than the second
    does the second {pic} have more {many} than the first
    are there more {many} in the first {pic} than in the second
    are there more {many} in the second {pic} than in the first
    do both {pic}s have the same number of {many} | do the {pic}s have the same number of {many}
    """,
    tell="""
    which {pic} has more {many} | which {pic} has more {many} | which one has more {many}
    in which {pic} there are more {many} | which of the two has more {many}
    """,
    do="""
    find the {pic} with more {many} | name the {pic} with more {many}
    pick the {pic} with more {many} | compare the {pic}s: which has more {many}
    """,
    terse="""
    more {many}: which {pic} | more {many}: first or second {pic} | the {pic} with more {many}
    more {many} in which {pic}
    """,
)

WHICH_IS_FULLER = Phrases(
    ask="""
    which {pic} has more things | which {pic} has more things | which {pic} has more in it
    which {pic} shows more things | which {pic} has more objects | which one has more things
    which of the {pic}s has more things | which of the two has more things
    which {pic} is fuller | which {pic} has the most things | which {pic} contains more objects
    in which {pic} are there more things | in which {pic} do you see more things
    are there more things in the first or the second {pic}
    does the first {pic} have more things than the second
    does the second {pic} have more things than the first
    do both {pic}s have the same number of things
    """,
    tell="""
    which {pic} has more things | which one has more things | in which {pic} there are more things
    """,
    do="""
    name the {pic} with more things | find the {pic} with more things
    pick the {pic} with more things | compare the {pic}s: which has more things
    """,
    terse="""
    more things: which {pic} | more things: first or second {pic} | the {pic} with more things
    """,
)

WHICH_GROUND = Phrases(
    ask="""
    which {pic} has {ground} background | which {pic} has {ground} background
    which {pic} is {colour} | which one is {colour} | which one has {ground} background
    which of the {pic}s has {ground} background | which of the two has {ground} background
    which of the {pic}s is {colour} | in which {pic} is the background {colour}
    in which {pic} is it {colour} behind the things | whose background is {colour}
    is the background {colour} in the first or the second {pic}
    do both {pic}s have {ground} background | does either {pic} have {ground} background
    is the background {colour} in both {pic}s
    """,
    tell="""
    which {pic} has {ground} background | which one has {ground} background
    in which {pic} the background is {colour} | if both {pic}s have {ground} background
    """,
    do="""
    find the {pic} with {ground} background | name the {pic} with {ground} background
    pick the {pic} with {ground} background | find the {colour} {pic}
    """,
    terse="""
    {colour} background: which {pic} | {colour} background: first or second {pic}
    the {pic} with the {colour} background | the {colour} {pic}
    """,
)

OTHER_PICTURE = Phrases(
    ask="""
    and in {name} | and in {name} | and in {name} | and {name} | and what about {name}
    what about {name} | what about {name} | how about {name} | how about in {name} | and on {name}
    and for {name} | the same for {name} | same question for {name} | now {name} | now in {name}
    and now in {name} | in {name} too | also in {name} | what about in {name} | then {name}
    """
)

PHRASES = {
    WHICH: WHICH_HAS,
    MORE: WHICH_HAS_MORE,
    FULLER: WHICH_IS_FULLER,
    GROUND: WHICH_GROUND,
}

_EACH = entries("each {pic} | the {pic}s | these {pic}s | both {pic}s | the two {pic}s")
_PLAIN = 0.6  # share of the questions about each picture that name no picture


def phrase_pair(asked: PairQuery, rng: Random, *, later: bool) -> str:
    """A wording that says everything; `later` where the second picture came in a later message."""
    pic = rng.choice(PICTURE_WORDS)
    if asked.picture is not None:
        return phrase(asked.query, rng, picture_name(asked.picture, rng, later=later))
    if asked.kind == EACH:
        # "Is there a cat in both pictures" asks which of them has one.
        names = _EACH[:1] if asked.query.kind == "exists" else _EACH
        name = "" if rng.random() < _PLAIN else rng.choice(names).format(pic=pic)
        return phrase(asked.query, rng, name)
    slots = fill_slots(asked.query, rng) | {"pic": pic}
    if asked.colour:
        slots |= {"colour": asked.colour, "ground": f"{article(asked.colour)} {asked.colour}"}
    return word(PHRASES[asked.kind], slots, rng)


def phrase_other_picture(picture: int, rng: Random, *, later: bool) -> str:
    """An elliptic wording: the question of the turn before, of this picture."""
    _, core = OTHER_PICTURE.pick(rng)
    return finish(core.format(name=picture_name(picture, rng, later=later)), True, rng)


def picture_name(picture: int, rng: Random, *, later: bool) -> str:
    """'the first picture', 'image two', 'the other one'."""
    names = LATER_NAMES if later and rng.random() < 0.3 else NAMES
    return rng.choice(names[picture]).format(pic=rng.choice(PICTURE_WORDS))
