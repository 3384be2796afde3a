"""Questions about two pictures: answers, wordings, conversations and the scenes they need."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sensorium_pocket.evaluation import example_talks, pair_talks
from sensorium_pocket.pictures import picture_of
from sensorium_pocket.world import Query, Ref, Scene, answer, place_item, sample_scene
from sensorium_pocket.world.questions import sample_pair_conversation, second_scene
from sensorium_pocket.world.questions.pair_wordings import (
    LATER_NAMES,
    NAMES,
    PHRASES,
    phrase_other_picture,
    phrase_pair,
)
from sensorium_pocket.world.questions.pairs import (
    EACH,
    FULLER,
    GROUND,
    MORE,
    ONE,
    WHICH,
    PairQuery,
    answer_pair,
    sample_pair_query,
)
from sensorium_pocket.world.questions.query import PAIR_GROUPS
from sensorium_pocket.world.scenes import visible_colours, with_things_of
from sensorium_pocket.world.things import BY_NAME

seeds = st.integers(0, 2**32)


def scene(background, *things):
    items = [place_item(Random(0), name, colour, cell, 24.0) for name, colour, cell in things]
    return Scene(background, "flat", tuple(items))


CAT, DOG, BEE = Ref("cat"), Ref("dog"), Ref("bee")
PAIR = (
    scene("white", ("cat", None, 0), ("cat", None, 4)),
    scene("blue", ("dog", None, 1), ("cat", None, 8), ("heart", "red", 5)),
)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (
            PairQuery(ONE, Query("count", CAT), 0),
            "First picture: Top left, center: there are two cats.",
        ),
        (PairQuery(ONE, Query("exists", DOG), 0), "First picture: No, there is no dog."),
        (PairQuery(ONE, Query("background"), 1), "Second picture: The background is blue."),
        (
            PairQuery(EACH, Query("where", DOG)),
            "First picture: I do not see a dog. Second picture: Top: there is the dog.",
        ),
        (
            PairQuery(WHICH, Query("exists", DOG)),
            "First picture: none. Second picture: Top. The second picture has a dog.",
        ),
        (
            PairQuery(WHICH, Query("exists", CAT)),
            "First picture: Top left, center. Second picture: Bottom right. "
            "Both pictures have a cat.",
        ),
        (
            PairQuery(WHICH, Query("exists", BEE)),
            "First picture: none. Second picture: none. Neither picture has a bee.",
        ),
        (
            PairQuery(MORE, Query("exists", CAT)),
            "First picture: Top left, center: two cats. Second picture: Bottom right: one cat. "
            "The first picture has more cats.",
        ),
        (
            PairQuery(MORE, Query("exists", BEE)),
            "First picture: none. Second picture: none. The same number.",
        ),
        (
            PairQuery(FULLER, Query("total")),
            "First picture: Top left, center: two things. "
            "Second picture: Top, bottom right, right: three things. "
            "The second picture has more things.",
        ),
        (
            PairQuery(GROUND, Query("background"), colour="blue"),
            "First picture: white. Second picture: blue. The second picture has a blue background.",
        ),
        (
            PairQuery(GROUND, Query("background"), colour="orange"),
            "First picture: white. Second picture: blue. Neither picture has an orange background.",
        ),
    ],
)
def test_every_kind_has_one_answer(asked, expected):
    assert answer_pair(PAIR, asked) == expected
    assert asked.group in PAIR_GROUPS


@settings(max_examples=60, deadline=None)
@given(seeds, st.booleans())
def test_a_turn_is_answered_about_the_picture_that_it_names(seed, later):
    rng = Random(seed)
    pair = (sample_scene(rng), second_scene(sample_scene(rng), rng))
    for turn in sample_pair_conversation(pair, rng, later=later):
        assert "{" not in turn.question
        first, second = "First picture: " in turn.answer, "Second picture: " in turn.answer
        if turn.pair == ONE:
            assert first != second
            said = turn.answer.split(": ", 1)[1]
            assert said == answer(pair[second], turn.query)
        else:
            assert first
            assert second
        assert not (later and turn.pair == EACH)  # what names no picture is about the new one


@pytest.mark.parametrize("kind", PHRASES)
def test_every_wording_has_its_slots_filled_and_is_of_one_kind(kind):
    rng = Random(1)
    asked = PairQuery(kind, Query("exists", CAT), colour="red" if kind == GROUND else None)
    said = {phrase_pair(asked, rng, later=False) for _ in range(300)}
    assert len(said) > 60
    assert not any("{" in text for text in said)
    others = {core for other in PHRASES if other != kind for core in cores(other)}
    assert not others & set(cores(kind))


def cores(kind):
    return [core for cores in PHRASES[kind].moods.values() for core in cores]


def test_no_name_means_both_pictures():
    names = [{*NAMES[n], *LATER_NAMES[n]} for n in (0, 1)]
    assert not names[0] & names[1]
    # Unnamed questions say these, and are about the newest picture, or about each.
    assert not {"this {pic}", "the {pic}", "that {pic}"} & (names[0] | names[1])


@pytest.mark.parametrize("picture", [0, 1])
def test_a_question_about_one_picture_names_it(picture):
    rng = Random(2)
    ways = [name.format(pic=pic) for name in NAMES[picture] for pic in PICTURES]
    for _ in range(200):
        asked = PairQuery(ONE, Query("where", CAT), picture)
        for text in (
            phrase_pair(asked, rng, later=False),
            phrase_other_picture(picture, rng, later=False),
        ):
            assert any(way in text.lower() or misspelt(way, text.lower()) for way in ways), text


PICTURES = ("picture", "image", "photo", "scene", "drawing", "pic")


def misspelt(name, text):
    """Whether it is there but for a letter or two of one word."""
    return sum(word in text for word in name.split()) >= len(name.split()) - 1


def test_kinds_and_pictures_are_balanced():
    rng = Random(4)
    found = Counter()
    for _ in range(600):
        first = sample_scene(rng)
        pair = (first, second_scene(first, rng))
        asked = sample_pair_query(pair, rng)
        found[asked.group] += 1
        found["first"] += asked.picture == 0
        if asked.kind == WHICH:
            found[answer_pair(pair, asked).split(". ")[-1].split()[0]] += 1
    assert 0.4 < found["first"] / found[ONE] < 0.6
    assert min(found[group] for group in PAIR_GROUPS) > 60
    assert min(found[word] for word in ("Both", "Neither", "The")) > 4


@settings(max_examples=100, deadline=None)
@given(seeds)
def test_a_second_picture_takes_things_of_the_first_that_can_be_seen(seed):
    rng = Random(seed)
    first, second = sample_scene(rng), sample_scene(rng)
    alike = with_things_of(first, second, rng)
    assert [item.cell for item in alike.items] == [item.cell for item in second.items]
    known = {(item.thing, item.colour) for item in first.items}
    for old, new in zip(second.items, alike.items, strict=True):
        if (old.thing, old.colour) != (new.thing, new.colour):
            assert (new.thing, new.colour) in known
            assert new.colour in visible_colours(BY_NAME[new.thing], alike.background)


def test_the_evaluation_asks_every_group_and_every_order_of_the_examples():
    groups = Counter(
        asked.group
        for number in range(8)
        for asked in pair_talks(number, PAIR[0], picture_of(PAIR[0]))
    )
    assert groups == {
        ONE: 8, EACH: 4, WHICH: 4, "one of two in turn": 2, "fourth picture": 2
    }  # fmt: skip
    orders = [tuple(one.turn.question for one in asked.talk) for asked in example_talks()]
    assert len(set(orders)) == 24
    assert {len(order) for order in orders} == {4}
