"""Spoken questions about pictures as training data, for a model that hears without a transcript."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from sensorium import Sample
from sensorium.media.audio import SAMPLE_RATE_HZ

from sensorium_pocket.lessons import draw_lesson
from sensorium_pocket.options import SpokenOptions

from .data import Clip, spoken_somewhere
from .sentences import LONGEST, lexicon
from .wording import normal

_OVERLAP = 0.3
"""Of a position, or of the whole word, if a word is to be named there."""


class SpokenQuestions:
    """Conversations about pictures, or a few without any; most questions are recordings."""

    def __init__(self, options: SpokenOptions) -> None:
        self.options = options

    def __len__(self) -> int:
        return self.options.length

    def __getitem__(self, index: int) -> Sample:
        rng, lesson = draw_lesson(self.options, index)
        questions = [shown.turn.question for talk in lesson.talks for shown in talk]
        clips = self._spoken(questions, rng)
        recordings = {question: clip.media for question, clip in clips.items()}
        heard = {
            recordings[question].digest: words_heard(clip, self.options.position_seconds)
            for question, clip in clips.items()
        }
        return lesson.sample(recordings, heard)

    def _spoken(self, questions: list[str], rng: Random) -> dict[str, Clip]:
        """Recordings of most of them, by question; some stay typed, and what nobody can say."""
        asked: dict[str, tuple[str, Random]] = {}
        for question in questions:
            said = sayable(question)
            if said and rng.random() < self.options.spoken:
                asked[question] = (said, Random(rng.random()))
        clips = spoken_somewhere([*asked.values()], self.options.max_seconds)
        return {
            question: clip
            for (question, (said, _)), clip in zip(asked.items(), clips, strict=True)
            if clip.text == said  # otherwise it was too long for the recording
        }


def sayable(question: str) -> str:
    """The question in normal form; "" where it is too long, or has words that nobody says."""
    words = normal(question).split()
    return " ".join(words) if len(words) <= LONGEST and lexicon() >= set(words) else ""


def words_heard(clip: Clip, position_seconds: float) -> tuple[tuple[str, ...], ...]:
    """For each position of the projected recording the words that are said in it."""
    count = -(-len(clip.waveform) // round(position_seconds * SAMPLE_RATE_HZ))
    heard: list[list[str]] = [[] for _ in range(count)]
    for word, start, end in _spans(clip):
        for position in range(int(start / position_seconds), count):
            begin = position * position_seconds
            inside = min(end, begin + position_seconds) - max(start, begin)
            if inside <= 0:
                break
            if inside >= _OVERLAP * min(position_seconds, end - start):
                heard[position].append(word)
    return tuple(map(tuple, heard))


def _spans(clip: Clip) -> Iterator[tuple[str, float, float]]:
    """Each word with its seconds; words that begin together share their time by letters."""
    by_start: dict[float, list[str]] = {}
    for word, start in zip(clip.text.split(), clip.starts, strict=True):
        by_start.setdefault(start, []).append(word)
    ends = [*[*by_start][1:], clip.end]
    for (start, words), end in zip(by_start.items(), ends, strict=True):
        letter = max(0.0, end - start) / sum(map(len, words))
        for word in words:
            yield word, start, start + letter * len(word)
            start += letter * len(word)
