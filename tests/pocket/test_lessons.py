"""Lessons: which picture is shown when, and what its patches are called."""

from __future__ import annotations

import pytest
from sensorium.messages import MediaPart
from sensorium_pocket.data import Questions
from sensorium_pocket.lessons import LONGER_TALKS
from sensorium_pocket.options import WorldOptions


def pictures_of(conversation):
    """Of every user turn the digests of its pictures."""
    turns = [message for message in conversation if message.role == "user"]
    return [
        [part.media.digest for part in turn.parts if isinstance(part, MediaPart)] for turn in turns
    ]


def shown(conversation):
    """Of every user turn the digest of its picture, or None."""
    pictures = pictures_of(conversation)
    assert all(len(of_turn) <= 1 for of_turn in pictures)
    return [of_turn[0] if of_turn else None for of_turn in pictures]


def test_the_picture_is_in_the_first_turn_unless_the_talk_is_longer():
    for sample in map(Questions(WorldOptions(seed=3)).__getitem__, range(40)):
        pictures = [shown(conversation) for conversation in sample.conversations]
        assert all(set(later) <= {None} for _, *later in pictures)
        assert len({first for first, *_ in pictures}) == 1
        assert set(sample.media_labels) == {first for first, *_ in pictures} - {None}


def test_in_a_longer_talk_something_comes_before_the_picture():
    samples = Questions(WorldOptions(seed=3, longer=0.999))
    before = set()
    for sample in map(samples.__getitem__, range(60)):
        for pictures in map(shown, sample.conversations):
            seen = [digest for digest in pictures if digest]
            assert set(seen) <= set(sample.media_labels)
            if not seen:
                continue  # one in twenty-five has no picture at all
            assert len(sample.conversations) == LONGER_TALKS
            last = max(n for n, digest in enumerate(pictures) if digest)
            assert last > 0
            earlier = [digest for digest in pictures[:last] if digest]
            before.add("nothing" if not earlier else "same" if earlier == seen[-1:] else "other")
    assert before == {"nothing", "same", "other"}


def test_two_pictures_stand_in_the_first_message():
    for sample in map(Questions(WorldOptions(seed=3, pairs=0.999)).__getitem__, range(30)):
        turns = [pictures_of(conversation) for conversation in sample.conversations]
        if not any(first for first, *_ in turns):
            continue  # one in twenty-five has no picture at all
        assert {len(first) for first, *_ in turns} == {2}
        assert not any(later for _, *rest in turns for later in rest)
        assert set(sample.media_labels) == {digest for first, *_ in turns for digest in first}


@pytest.mark.parametrize(("longer", "pairs"), [(0.0, 0.0), (0.5, 0.0), (0.3, 0.5)])
def test_a_lesson_is_the_same_whenever_it_is_read(longer, pairs):
    options = WorldOptions(seed=5, longer=longer, pairs=pairs)
    some, others = Questions(options), Questions(options)
    assert [some[n] for n in (3, 1, 2)] == [others[n] for n in (3, 1, 2)]
