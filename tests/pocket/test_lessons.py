"""Lessons: which picture is shown when, and what its patches are called."""

from __future__ import annotations

import pytest
from sensorium.messages import MediaPart
from sensorium_pocket.data import Questions
from sensorium_pocket.lessons import LONGER_TALKS
from sensorium_pocket.options import WorldOptions


def shown(conversation):
    """Of every user turn the digest of its picture, or None."""
    turns = [message for message in conversation if message.role == "user"]
    media = [[p.media for p in turn.parts if isinstance(p, MediaPart)] for turn in turns]
    assert all(len(pictures) <= 1 for pictures in media)
    return [pictures[0].digest if pictures else None for pictures in media]


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


@pytest.mark.parametrize("longer", [0.0, 0.5])
def test_a_lesson_is_the_same_whenever_it_is_read(longer):
    options = WorldOptions(seed=5, longer=longer)
    some, others = Questions(options), Questions(options)
    assert [some[n] for n in (3, 1, 2)] == [others[n] for n in (3, 1, 2)]
