"""Spoken sentences as training data: sample `index` of a seed is the same in every run."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

import numpy as np
from sensorium import Media, SpeechSample
from sensorium.media.audio import SAMPLE_RATE_HZ

from sensorium_pocket.options import SpeechOptions

from .espeak import Speech, VoiceError, Waveform
from .sentences import draw_sentence
from .sounds import NOISES, in_room, through_telephone, with_noise, wordless
from .talking import voices
from .voices import Cast, Manner, draw_manner

WINDOW_SECONDS = 6.0
WORDLESS = 0.08
"""Share of samples in which nobody speaks: the model must learn to say nothing."""

TOGETHER = 16
"""Samples that one fork speaks: a fork costs more than a sentence."""

_OTHER_SOUNDS = ("silence", "noise", "noise", "tone", "clicks", "melody")
_SEEDS_APART = 1 << 30


@dataclass(frozen=True, slots=True)
class Clip:
    """A waveform [S] and the words in it.

    `sounds` spells their phonemes, `starts` are the seconds at which the words begin, `end` is that
    at which the last one ends.
    """

    waveform: Waveform
    text: str
    sounds: str = ""
    starts: tuple[float, ...] = ()
    end: float = 0.0

    @property
    def media(self) -> Media:
        """As a recording that was read."""
        samples = np.ascontiguousarray(self.waveform, np.float32)
        samples.flags.writeable = False
        return Media("audio", hashlib.sha256(samples.data).hexdigest(), samples)


class SpokenSentences:
    """Samples for the stage `speech`. No seed of evaluation is ever reached."""

    def __init__(self, options: SpeechOptions) -> None:
        self.options = options
        self._group: tuple[int, list[Clip]] = (-1, [])

    def __len__(self) -> int:
        return self.options.length

    def __getitem__(self, index: int) -> SpeechSample:
        """Quick in order: neighbours are spoken together."""
        if not 0 <= index < len(self):
            raise IndexError("beyond the data")
        group, place = divmod(index, TOGETHER)
        if self._group[0] != group:
            first = self.options.seed * _SEEDS_APART + group * TOGETHER
            self._group = (group, training_clips(first, TOGETHER, self.options))
        clip = self._group[1][place]
        return SpeechSample(clip.media, clip.text, sounds=clip.sounds)


def training_clips(first: int, count: int, options: SpeechOptions) -> list[Clip]:
    """Clips of so many seeds from `first` on: someone saying something somewhere, or no one."""
    max_seconds = options.max_seconds
    # Prefixed, so that no sentence follows from the seed that a picture follows from.
    rngs = [Random(f"speech {seed}") for seed in range(first, first + count)]
    texts = ["" if rng.random() < WORDLESS else draw_sentence(rng) for rng in rngs]
    speaking = [(text, rng) for text, rng in zip(texts, rngs, strict=True) if text]
    said = iter(spoken_somewhere(speaking, max_seconds, options.hissing))
    clips = []
    for text, rng in zip(texts, rngs, strict=True):
        if text:
            clips.append(next(said))
        else:
            seconds = rng.uniform(0.3, max_seconds)
            clips.append(Clip(wordless(rng.choice(_OTHER_SOUNDS), seconds, rng), ""))
    return clips


def spoken_somewhere(
    asked: Sequence[tuple[str, Random]], max_seconds: float, hissing: float = 0.0
) -> list[Clip]:
    """Texts by voices to train with, each in its own place; said together, so quick."""
    clips = _say([(text, draw_manner("training", rng)) for text, rng in asked], max_seconds)
    placed = [_placed(c, rng, max_seconds) for c, (_, rng) in zip(clips, asked, strict=True)]
    return [
        replace(clip, waveform=_somewhere(clip.waveform, rng, hissing))
        for clip, (_, rng) in zip(placed, asked, strict=True)
    ]


def spoken(text: str, cast: Cast, rng: Random, max_seconds: float = WINDOW_SECONDS) -> Clip:
    """`text` by somebody of the cast; words that do not fit into the window are left out."""
    (said,) = _say([(text, draw_manner(cast, rng))], max_seconds)
    return _placed(said, rng, max_seconds)


def _say(asked: list[tuple[str, Manner]], max_seconds: float) -> list[Clip]:
    """All of them, with a quarter of the words less, again and again, where it takes too long."""
    clips = [
        _trimmed(speech, text)
        for (text, _), speech in zip(asked, voices().say(asked) if asked else (), strict=True)
    ]
    longest = (max_seconds - 0.1) * SAMPLE_RATE_HZ
    late = [number for number, clip in enumerate(clips) if len(clip.waveform) > longest]
    shorter = []
    for number in late:
        words = asked[number][0].split()
        if len(words) < 2:
            raise VoiceError(f"'{words[0]}' takes longer than {max_seconds:g} s")
        kept = words[: len(words) - max(1, len(words) // 4)]
        shorter.append((" ".join(kept), asked[number][1]))
    if shorter:
        for number, clip in zip(late, _say(shorter, max_seconds), strict=True):
            clips[number] = clip
    return clips


def _placed(clip: Clip, rng: Random, max_seconds: float) -> Clip:
    """With silence around it, at some loudness."""
    room = int(max_seconds * SAMPLE_RATE_HZ) - len(clip.waveform)
    before = min(int(rng.uniform(0, 0.4) * SAMPLE_RATE_HZ), room)
    after = min(int(rng.uniform(0, 0.5) * SAMPLE_RATE_HZ), room - before)
    level = 10 ** (rng.uniform(-18, -1) / 20) / max(float(np.abs(clip.waveform).max()), 1e-4)
    padded = np.pad(clip.waveform * np.float32(level), (before, after))
    return _later(replace(clip, waveform=padded), before / SAMPLE_RATE_HZ)


def _trimmed(speech: Speech, text: str) -> Clip:
    """Without the silence that espeak-ng puts around a sentence."""
    waveform = speech.waveform
    loud = np.flatnonzero(np.abs(waveform) > 2e-3)
    first, last = (loud[0], loud[-1] + 1) if len(loud) else (0, len(waveform))
    end = last / SAMPLE_RATE_HZ
    clip = Clip(waveform[first:last], text, speech.phonemes, speech.starts, end)
    return _later(clip, -first / SAMPLE_RATE_HZ)


def _later(clip: Clip, seconds: float) -> Clip:
    starts = tuple(max(0.0, start + seconds) for start in clip.starts)
    return replace(clip, starts=starts, end=clip.end + seconds)


def _somewhere(speech: Waveform, rng: Random, hissing: float) -> Waveform:
    if hissing and rng.random() < hissing:
        return with_noise(speech, "white", rng.uniform(3, 15), rng)
    if rng.random() < 0.25:
        speech = in_room(speech, rng.uniform(0.1, 0.5), rng)
    if rng.random() < 0.15:
        speech = through_telephone(speech, rng.choice((3400.0, 3900.0, 5500.0)))
    if rng.random() < 0.6:
        speech = with_noise(speech, rng.choice(NOISES), rng.uniform(4, 32), rng)
    return speech
