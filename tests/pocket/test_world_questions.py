"""The pocket world: answers, wordings and conversations."""

import re
from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sensorium_pocket.options import WorldOptions
from sensorium_pocket.world import (
    CELLS,
    GROUPS,
    KINDS,
    NO_PICTURE,
    THINGS,
    Query,
    Ref,
    Scene,
    answer,
    caption_scores,
    corpus,
    phrase,
    place_item,
    sample_conversation,
    sample_query,
    sample_query_of,
    sample_questions,
    sample_scene,
)
from sensorium_pocket.world.questions import followups
from sensorium_pocket.world.questions.phrasing import PHRASES, phrase_followup
from sensorium_pocket.world.questions.talking import REPLIES, SAYINGS
from sensorium_pocket.world.questions.wordbank import NEAR_PHRASES, SIDE_PHRASES, SPOTS
from sensorium_pocket.world.questions.wording import Phrases, misspell, word
from sensorium_pocket.world.things import BACKGROUNDS, BY_NAME, COLOURS

seeds = st.integers(0, 2**32)
cat, dog, heart = Ref("cat"), Ref("dog"), Ref("heart")
red, blue, key, bee = Ref("heart", "red"), Ref("heart", "blue"), Ref("key"), Ref("bee")
_places = [
    ("cat", None, 0, 20.0),
    ("dog", None, 1, 36.0),
    ("heart", "red", 4, 26.0),
    ("key", None, 6, 24.0),
    ("heart", "blue", 8, 27.0),
    ("key", None, 5, 24.0),
]
ITEMS = [place_item(Random(0), *place) for place in _places]
SCENE = Scene("white", "flat", tuple(sorted(ITEMS, key=lambda item: item.cell)))
EMPTY = Scene("gray", "flat", ())


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (
            Query("caption"),
            "I see: top left a cat, top a dog, center a red heart, right a key, bottom left a key, "
            "bottom right a blue heart. The background is white.",
        ),
        (Query("exists", cat), "Top left: yes, there is a cat."),
        (Query("exists", heart), "Center, bottom right: yes, there is a heart."),
        (Query("exists", blue), "Bottom right: yes, there is a blue heart."),
        (Query("exists", Ref("heart", "green")), "No, there is no green heart."),
        (Query("count", key), "Right, bottom left: there are two keys."),
        (Query("count", red), "Center: there is one red heart."),
        (Query("count", bee), "There are no bees."),
        (
            Query("total"),
            "Top left, top, center, right, bottom left, bottom right: there are six things.",
        ),
        (Query("where", dog), "Top: there is the dog."),
        (Query("where", key), "Right, bottom left: there are the keys."),
        (Query("where", Ref("apple")), "I do not see an apple."),
        (Query("place", heart, cell=4), "There is a red heart at the center: yes."),
        (Query("place", blue, cell=4), "There is a red heart at the center: no."),
        (Query("place", bee, cell=2), "There is nothing at the top right: no."),
        (Query("at", cell=4), "There is a red heart at the center."),
        (Query("at", cell=2), "There is nothing at the top right."),
        (Query("colour", heart), "Center: a red heart. Bottom right: a blue heart."),
        (Query("colour", Ref("book")), "I do not see a book."),
        (Query("colour", cat), "I only know the colors of hearts, circles, squares and books."),
        (Query("background"), "The background is white."),
        (
            Query("relation", cat, dog, side="left"),
            "Top left: the cat. Top: the dog. Yes, the cat is left of the dog.",
        ),
        (
            Query("relation", cat, dog, side="above"),
            "Top left: the cat. Top: the dog. No, the cat is not above the dog.",
        ),
        (Query("relation", cat, bee, side="left"), "Top left: the cat. I do not see a bee."),
        (Query("relation", bee, cat, side="left"), "I do not see a bee."),
        (
            Query("relation", key, cat, side="left"),
            "Right, bottom left: two keys. Please ask about one.",
        ),
        (Query("next_to", dog, side="below"), "Top: the dog. Below it: a red heart."),
        (Query("next_to", dog, side="left"), "Top: the dog. Left of it: a cat."),
        (Query("next_to", dog, side="above"), "Top: the dog. Above it: nothing."),
        (Query("bigger", cat, dog), "Top left: the cat. Top: the dog. The dog is bigger."),
        (Query("smaller", cat, dog), "Top left: the cat. Top: the dog. The cat is smaller."),
        (
            Query("bigger", red, blue),
            "Center: the red heart. Bottom right: the blue heart. "
            "The red heart is about as big as the blue heart.",
        ),
        (Query("biggest"), "The biggest thing is the dog at the top."),
        (Query("smallest"), "The smallest thing is the cat at the top left."),
        (
            Query("more", key, cat),
            "Right, bottom left: two keys. Top left: one cat. There are more keys.",
        ),
        (Query("more", bee, dog), "No bees. Top: one dog. There are more dogs."),
        (
            Query("more", key, heart),
            "Right, bottom left: two keys. Center, bottom right: two hearts. The same number.",
        ),
        (Query("talk", intent="bye"), "Goodbye!"),
        (Query("talk", intent="seeing"), "Yes, I see a picture. Ask me about it."),
    ],
)
def test_every_kind_has_one_answer(query: Query, expected: str) -> None:
    assert answer(SCENE, query) == expected


def test_odd_queries_and_scenes_have_answers_or_clear_errors() -> None:
    assert answer(EMPTY, Query("caption")) == "I see: nothing. The background is gray."
    assert answer(EMPTY, Query("total")) == "There are no things."
    assert answer(EMPTY, Query("biggest")) == "I do not see a thing."
    assert answer(None, Query("exists", cat)) == NO_PICTURE
    assert answer(None, Query("talk", intent="seeing")) == NO_PICTURE
    with pytest.raises(ValueError, match="No question kind 'exist'"):
        answer(SCENE, Query("exist", cat))
    with pytest.raises(ValueError, match="has no subject"):
        answer(SCENE, Query("where"))


@settings(max_examples=40, deadline=None)
@given(seeds)
def test_sampling_is_deterministic_and_answers_are_canonical(seed: int) -> None:
    scene = sample_scene(Random(seed))
    conversations = sample_questions(scene, Random(seed), 4)
    assert conversations == sample_questions(scene, Random(seed), 4)
    for turn in (turn for conversation in conversations for turn in conversation):
        assert turn.answer == answer(scene, turn.query)
        assert turn.group in GROUPS
        assert "{" not in turn.question
        assert "  " not in turn.question


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_answers_parse_back(seed: int) -> None:
    scene = sample_scene(Random(seed))
    total = len(scene.items)
    assert caption_scores(scene, answer(scene, Query("caption"))) == (total, total, total)
    for thing in {item.thing for item in scene.items}:
        said = answer(scene, Query("count", Ref(thing))).lower()
        cells, number = said.split(": there ")
        assert [CELLS.index(cell) for cell in cells.split(", ")] == [
            item.cell for item in scene.find(thing)
        ]
        verb, _, name = number.rstrip(".").split(" ")
        one = scene.count(thing) == 1
        assert (verb, name) == (("is", thing) if one else ("are", BY_NAME[thing].plural))


@settings(max_examples=150, deadline=None)
@given(seeds, st.sampled_from(["exists", "count", "where", "colour", "next_to"]))
def test_a_wording_names_its_thing(seed: int, kind: str) -> None:
    rng = Random(seed)
    thing = rng.choice(THINGS)
    text = phrase(Query(kind, Ref(thing.name), side="left"), rng).lower()
    words = [form for pair in thing.words for form in pair]
    assert any(re.search(rf"\b{re.escape(form)}\b", text) for form in words), text


@settings(max_examples=100, deadline=None)
@given(seeds, st.integers(0, 8))
def test_a_wording_names_its_place(seed: int, cell: int) -> None:
    text = phrase(Query("at", cell=cell), Random(seed)).lower()
    assert any(spot in text for spot in SPOTS[cell]), text


def test_no_wording_means_two_queries() -> None:
    rng = Random(5)
    scenes = [sample_scene(rng) for _ in range(100)]
    meaning: dict[str, Query] = {}
    for index in range(6000):
        query = sample_query(scenes[index % 100], rng)
        text = phrase(query, rng).lower().strip(" ?.!")
        assert meaning.setdefault(text, query) == query, text
    assert len(meaning) > 5000


def test_no_core_is_shared_by_two_kinds_or_intents() -> None:
    owner: dict[str, int] = {}
    tables = {id(table): table for table in PHRASES.values()}
    for mark, table in tables.items():
        for core in (core for cores in table.moods.values() for core in cores):
            assert owner.setdefault(core, mark) == mark, core
    sayings = Counter(text for texts in SAYINGS.values() for text in set(texts))
    assert [text for text, number in sayings.items() if number > 1] == []
    assert set(SAYINGS) == set(REPLIES)


def test_what_decides_a_question_is_never_misspelled() -> None:
    places = [text for table in (*SPOTS, *NEAR_PHRASES.values()) for text in table]
    sides = [text for table in SIDE_PHRASES.values() for text in table]
    things = [form for thing in THINGS for pair in thing.words for form in pair]
    deciding = {*" ".join([*places, *sides, *things, *COLOURS, *BACKGROUNDS]).split()}
    deciding |= {"how", "background", "more", "fewer", "bigger", "smallest", "color", "count"}
    deciding -= {"the", "you", "here"}
    for seed in range(20):
        for text in deciding:
            assert misspell(text, Random(seed)) == text
            assert misspell(f"{text} many {text}", Random(seed)).split()[::2] == [text, text]
    assert misspell("many", Random(0)) != "many" or misspell("many", Random(1)) != "many"


def test_a_whole_utterance_keeps_its_own_sentences() -> None:
    phrases = Phrases("", say="i see {a}. is it {col}? | {a}, i think")
    said = {word(phrases, {"a": "a cat", "col": "red"}, Random(seed)) for seed in range(300)}
    assert {"I see a cat. Is it red?", "i see a cat. is it red?", "A cat, I think."} <= said
    assert not any("??" in text or "?." in text for text in said)


def test_casual_cores_join_the_plain_ones_which_stay_likelier() -> None:
    both = Phrases("a | b", do="c").with_casual(Phrases("d", say="e"))
    assert Counter(both.moods["ask"]) == {"a": 2, "b": 2, "d": 1}
    assert (both.moods["do"], both.moods["say"]) == (("c", "c"), ("e",))
    assert {both.pick(Random(seed))[0] for seed in range(50)} == {"ask", "do", "say"}


def test_important_kinds_have_many_cores_and_every_slot_is_filled() -> None:
    rng = Random(0)
    full = {"subject": cat, "other": red, "cell": 3, "side": "left"}
    for kind, table in PHRASES.items():
        assert sum(map(len, table.moods.values())) >= 50, kind
        for _ in range(200):
            assert "{" not in phrase(Query(kind, **full), rng)  # type: ignore[arg-type]
    for change, table in followups.PHRASES.items():
        kind = "count" if change == "other thing" else change
        for _ in range(20 + len(table.moods["ask"])):
            query = Query(kind, **full)  # type: ignore[arg-type]
            assert "{" not in phrase_followup(query, rng, change)


def test_questions_are_balanced() -> None:
    rng = Random(9)
    scenes = [sample_scene(rng) for _ in range(150)]
    turns = [
        turn
        for scene in scenes
        for conversation in sample_questions(scene, rng, 8)
        for turn in conversation
    ]
    kinds = Counter(turn.query.kind for turn in turns)
    assert set(kinds) == set(KINDS)
    for kind in ("exists", "place"):
        yes = sum(": yes" in turn.answer for turn in turns if turn.query.kind == kind)
        assert 0.4 < yes / kinds[kind] < 0.6, kind
    said = Counter(
        turn.answer.split(". ")[-1][:2] for turn in turns if turn.query.kind == "relation"
    )
    assert 0.35 < said["Ye"] / (said["Ye"] + said["No"]) < 0.65
    counts = [turn.answer for turn in turns if turn.query.kind == "count"]
    for number in ("no", "one", "two", "three", "four", "five"):
        assert sum(f"re {number} " in text or f"is {number} " in text for text in counts) >= 8
    followed = sum(turn.followup for turn in turns) / len(turns)
    assert 0.08 < followed < 0.3


def test_emphasis_asks_a_kind_more_often() -> None:
    def share(emphasis: dict[str, float]) -> float:
        rng = Random(3)
        queries = [sample_query(sample_scene(rng), rng, emphasis) for _ in range(400)]
        return sum(query.kind == "place" for query in queries) / len(queries)

    assert share({"place": 4}) > 2 * share({})
    assert WorldOptions(emphasis={"place": 4}).emphasis == {"place": 4}
    for wrong in ({"plaice": 4}, {"place": 0}, {"place": float("nan")}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            WorldOptions(emphasis=wrong)


def test_a_follow_up_keeps_its_whole_query() -> None:
    rng = Random(2)
    for _ in range(300):
        first, *rest = sample_conversation(SCENE, rng)
        assert not first.followup
        for turn in rest:
            assert turn.answer == answer(SCENE, turn.query)


def test_without_a_picture_every_question_about_one_gets_the_same_answer() -> None:
    rng = Random(2)
    groups: Counter[str] = Counter()
    for _ in range(300):
        for turn in sample_conversation(None, rng):
            groups[turn.group] += 1
            assert turn.group == "small talk" or turn.answer == NO_PICTURE
    assert set(groups) == {"small talk", "no picture"}


def test_kinds_that_a_scene_does_not_allow_give_no_query() -> None:
    one = Scene("white", "flat", (ITEMS[0],))
    assert sample_query_of("biggest", one, Random(0)) is None
    assert sample_query_of("relation", one, Random(1)) is None
    with pytest.raises(ValueError, match="No question kind"):
        sample_query_of("size", one, Random(0))


def test_the_corpus_has_as_many_lines_as_asked_for() -> None:
    lines = list(corpus(Random(0), 101))
    assert len(lines) == 101
    assert all(line and "\n" not in line for line in lines)
    assert lines == list(corpus(Random(0), 101))
