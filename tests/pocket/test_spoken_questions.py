"""Spoken questions as training data, and the evaluation that asks typed and aloud."""

from __future__ import annotations

import ctypes.util
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sensorium.answer import Answer, Usage
from sensorium.messages import MediaPart
from sensorium_pocket.options import SpokenOptions
from sensorium_pocket.speech.asking import evaluate
from sensorium_pocket.speech.data import Clip, spoken
from sensorium_pocket.speech.questions import SpokenQuestions, sayable, words_heard

needs_voice = pytest.mark.skipif(
    ctypes.util.find_library("espeak-ng") is None, reason="espeak-ng is not installed"
)


def quiet(seconds, text, starts, end):
    return Clip(np.zeros(round(seconds * 16_000), np.float32), text, "", tuple(starts), end)


def test_words_are_named_where_they_are_said():
    clip = quiet(1.0, "is there a cat", [0.1, 0.3, 0.3, 0.5], 0.9)
    assert words_heard(clip, 0.1) == (
        *((), ("is",), ("is",)),
        *(("there",), ("there", "a")),  # they begin together and share their time by letters
        *(("cat",), ("cat",), ("cat",), ("cat",)),
        (),
    )


@given(
    words=st.lists(st.text("abc", min_size=1, max_size=9), min_size=1, max_size=8),
    gaps=st.lists(st.floats(0, 0.7), min_size=8, max_size=8),
    position=st.floats(0.02, 0.5),
)
def test_every_word_is_named_in_order(words, gaps, position):
    starts = np.cumsum(gaps[: len(words)])
    end = float(starts[-1]) + 0.2
    clip = quiet(end + 0.3, " ".join(words), map(float, starts), end)
    heard = words_heard(clip, position)
    assert len(heard) == -(-len(clip.waveform) // round(position * 16_000))
    named = [word for position in heard for word in position]
    assert set(named) <= set(words)
    if min([*gaps[1 : len(words)], 0.2]) > 2 * position:  # each fills a position at least
        told = iter(named)
        assert all(word in told for word in words)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Is there a CAT?", "is there a cat"),
        ("is therr a cat", ""),  # nobody can say a typing error
        ("cat " * 21, ""),
        ("", ""),
    ],
)
def test_what_can_be_said(question, said):
    assert sayable(question) == said


@needs_voice
def test_a_clip_knows_when_its_words_begin():
    for seed in range(8):
        clip = spoken("how many of the things are hearts", "voices", Random(seed))
        assert len(clip.starts) == 7
        assert list(clip.starts) == sorted(clip.starts)
        assert 0 <= clip.starts[0] < 0.45
        assert clip.starts[-1] < clip.end <= len(clip.waveform) / 16_000
        silent = clip.waveform[round(clip.end * 16_000) :]
        assert np.abs(silent).max(initial=0) < 0.01


@needs_voice
def test_conversations_are_spoken_and_typed_and_the_same_every_time():
    source = SpokenQuestions(SpokenOptions(seed=3, questions=4, spoken=0.5))
    samples = [source[index] for index in range(6)]
    users = [
        message
        for sample in samples
        for conversation in sample.conversations
        for message in conversation
        if message.role == "user"
    ]
    spoken_ = [m for m in users if any(item.modality == "audio" for item in m.media)]
    assert len(users) > len(spoken_) > 5
    assert all(not message.text for message in spoken_)
    for sample in samples:
        for message in (m for c in sample.conversations for m in c):
            for part in message.parts:
                if isinstance(part, MediaPart):
                    labels = sample.media_labels[part.media.digest]
                    length = len(part.media.value) if part.media.modality == "audio" else 0
                    assert len(labels) == (-(-length // 1920) or 36)
    again = SpokenQuestions(SpokenOptions(seed=3, questions=4, spoken=0.5))
    assert again[4].media_labels == samples[4].media_labels


class Parrot:
    """Answers what is typed with nothing, and what is spoken likewise."""

    def __init__(self):
        self.asked = []

    def ask(self, messages, options=None):
        self.asked.append(messages[-1])
        return Answer("", "stop", Usage(1, 0, 1), 0.1, 0.2)


@needs_voice
def test_every_question_is_asked_typed_and_aloud():
    parrot = Parrot()
    *_, table = evaluate(parrot, 5)
    assert table["typed"].total == table["spoken"].total > 5
    assert table["typed"].right == table["spoken"].right == 0
    assert table["spoken: quick"].value == 1
    aloud = [m for m in parrot.asked if any(item.modality == "audio" for item in m.media)]
    assert len(aloud) == table["spoken"].total
    assert all(any(item.modality == "image" for item in m.media) for m in parrot.asked)
