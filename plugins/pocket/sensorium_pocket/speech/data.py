"""Spoken sentences as training data: sample `index` of a seed is the same in every run."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from random import Random

import numpy as np
from sensorium import Media, SpeechSample

from sensorium_pocket.data import EVALUATION_SEEDS
from sensorium_pocket.options import SpeechOptions

from .espeak import SAMPLE_RATE_HZ, VoiceError, Waveform
from .sentences import draw_sentence
from .sounds import NOISES, in_room, through_telephone, with_noise, wordless
from .talking import voices
from .voices import Cast, draw_manner

WINDOW_SECONDS = 6.0
WORDLESS = 0.08
"""Share of samples in which nobody speaks: the model must learn to say nothing."""

_OTHER_SOUNDS = ("silence", "noise", "noise", "tone", "clicks", "melody")
_SEEDS_APART = 1 << 30


@dataclass(frozen=True, slots=True)
class Clip:
    """A waveform [S] and the words in it."""

    waveform: Waveform
    text: str
    sounds: str = ""

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

    def __len__(self) -> int:
        return self.options.length

    def __getitem__(self, index: int) -> SpeechSample:
        seed = self.options.seed * _SEEDS_APART + index
        if seed >= EVALUATION_SEEDS:
            raise IndexError("beyond the seeds of training")
        # Prefixed, so that no sentence follows from the seed that a picture follows from.
        clip = training_clip(Random(f"speech {seed}"), self.options.max_seconds)
        return SpeechSample(clip.media, clip.text, sounds=clip.sounds)


def training_clip(rng: Random, max_seconds: float) -> Clip:
    """Someone saying something somewhere, or no one."""
    if rng.random() < WORDLESS:
        seconds = rng.uniform(0.3, max_seconds)
        return Clip(wordless(rng.choice(_OTHER_SOUNDS), seconds, rng), "")
    clip = spoken(draw_sentence(rng), "training", rng, max_seconds)
    return replace(clip, waveform=_somewhere(clip.waveform, rng))


def spoken(text: str, cast: Cast, rng: Random, max_seconds: float = WINDOW_SECONDS) -> Clip:
    """`text` by somebody of the cast; words that do not fit into the window are left out."""
    manner = draw_manner(cast, rng)
    while True:
        speech, sounds = voices().say(text, manner)
        speech = _trimmed(speech)
        if len(speech) <= (max_seconds - 0.1) * SAMPLE_RATE_HZ:
            break
        words = text.split()
        if len(words) < 2:
            raise VoiceError(f"'{text}' takes longer than {max_seconds:g} s")
        text = " ".join(words[: len(words) - max(1, len(words) // 4)])
    room = int(max_seconds * SAMPLE_RATE_HZ) - len(speech)
    before = min(int(rng.uniform(0, 0.4) * SAMPLE_RATE_HZ), room)
    after = min(int(rng.uniform(0, 0.5) * SAMPLE_RATE_HZ), room - before)
    level = 10 ** (rng.uniform(-18, -1) / 20) / max(float(np.abs(speech).max()), 1e-4)
    return Clip(np.pad(speech * np.float32(level), (before, after)), text, sounds)


def _trimmed(speech: Waveform) -> Waveform:
    """Without the silence that espeak-ng puts around a sentence."""
    loud = np.flatnonzero(np.abs(speech) > 2e-3)
    return speech[loud[0] : loud[-1] + 1] if len(loud) else speech


def _somewhere(speech: Waveform, rng: Random) -> Waveform:
    if rng.random() < 0.25:
        speech = in_room(speech, rng.uniform(0.1, 0.5), rng)
    if rng.random() < 0.15:
        speech = through_telephone(speech, rng.choice((3400.0, 3900.0, 5500.0)))
    if rng.random() < 0.5:
        speech = with_noise(speech, rng.choice(NOISES), rng.uniform(6, 35), rng)
    return speech
