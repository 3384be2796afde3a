"""The pocket's speech: what is said, by whom, and that it is the same every time."""

from __future__ import annotations

import ctypes.util
import subprocess
import sys
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sensorium.errors import UnsupportedInputError
from sensorium_pocket.options import SpeechOptions
from sensorium_pocket.pictures import EVALUATION_SEEDS
from sensorium_pocket.speech import espeak, invented, sounds, talking, voices
from sensorium_pocket.speech.data import SpokenSentences, spoken
from sensorium_pocket.speech.evaluation import held_out_clip, transcriber_of
from sensorium_pocket.speech.scoring import word_errors
from sensorium_pocket.speech.sentences import draw_sentence, lexicon, unseen_sentences
from sensorium_pocket.speech.wording import normal

needs_voice = pytest.mark.skipif(
    ctypes.util.find_library("espeak-ng") is None, reason="espeak-ng is not installed"
)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Is there a CAT, please?", "is there a cat please"),
        ("What's at the top-left?", "what's at the top left"),
        ("42 hearts; 100 or 101.", "forty two hearts one hundred or one hundred and one"),
        ("What color is the café’s centre", "what colour is the cafe's center"),
        ("'quoted' ok", "quoted okay"),
        ("?!", ""),
    ],
)
def test_normal_form(written, said):
    assert normal(written) == said


@given(st.text())
def test_normal_form_is_stable(text):
    once = normal(text)
    assert normal(once) == once
    assert set(once) <= set("abcdefghijklmnopqrstuvwxyz' ")


@pytest.mark.parametrize(
    ("said", "heard", "errors"),
    [
        ("a cat and a dog", "a cat and a dog", 0),
        ("a cat and a dog", "A cat, and the dog!", 1),
        ("a cat and a dog", "cat and a dog", 1),
        ("a cat and a dog", "a big cat and a dog", 1),
        ("a cat", "", 2),
        ("", "you", 1),
        ("one two three", "three one two", 2),
    ],
)
def test_word_errors(said, heard, errors):
    assert word_errors(said, heard) == (errors, len(said.split()))


def test_nobody_heard_in_evaluation_is_heard_in_training():
    assert not {*voices.ACCENTS} & {*voices.HELD_OUT_ACCENTS}
    assert not {*voices.VARIANTS} & {*voices.HELD_OUT_VARIANTS}
    drawn = {
        cast: {voices.draw_manner(cast, Random(n)).voice for n in range(2000)}
        for cast in ("training", "voices", "accents")
    }
    assert not drawn["training"] & (drawn["voices"] | drawn["accents"])
    assert not drawn["voices"] & drawn["accents"]


def test_sentences_are_said_in_known_words():
    for seed in range(300):
        sentence = draw_sentence(Random(seed))
        assert sentence == normal(sentence)
        assert lexicon() >= set(sentence.split())


def test_unseen_sentences_are_many_and_never_drawn():
    held_out = unseen_sentences()
    assert len(held_out) >= 100
    drawn = {draw_sentence(Random(f"held out {seed}")) for seed in range(3000)}
    assert not drawn & {*held_out}


@pytest.mark.parametrize("kind", ["silence", "noise", "tone", "clicks", "melody"])
def test_sounds_without_words(kind):
    made = sounds.wordless(kind, 1.5, Random(3))
    assert made.dtype == np.float32
    assert made.shape == (24_000,)
    assert np.abs(made).max() <= 1
    assert np.array_equal(made, sounds.wordless(kind, 1.5, Random(3)))


@pytest.mark.parametrize("kind", sounds.NOISES)
def test_noise_is_as_loud_as_asked(kind):
    speech = np.sin(np.arange(32_000) / 7).astype(np.float32) * 0.1
    noisy = sounds.with_noise(speech, kind, 10, Random(1))
    ratio = 20 * np.log10(np.std(speech) / np.std(noisy - speech))
    assert ratio == pytest.approx(10, abs=0.5)


def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: "libno-such-voice.so")
    with pytest.raises(espeak.VoiceError, match="apt-get install espeak-ng"):
        espeak.Speaker()


@needs_voice
def test_a_missing_voice_is_named():
    manner = voices.Manner("gmw/nowhere", 170, 50, 50)
    with pytest.raises(espeak.VoiceError, match="no voice 'gmw/nowhere'"):
        talking.voices().say([("hello", manner)])


@needs_voice
def test_invented_voices_sound_unlike_the_known_ones():
    said = [
        talking.voices().say([("he thinks that it is red", voices.Manner(voice, 170, 50, 50))])[0]
        for voice in ("gmw/en", "gmw/en+invented3", "gmw/en+invented4", "invented/3", "invented/4")
    ]
    assert len({one.waveform.tobytes() for one in said}) == len(said)
    assert said[0].phonemes == said[1].phonemes  # a variant is another throat
    assert said[0].phonemes != said[3].phonemes  # an accent has other sounds


@needs_voice
def test_every_voice_exists():
    speaker = talking.voices()
    new_accents = [f"invented/{number}" for number in range(invented.ACCENTS)]
    new_variants = [f"invented{number}" for number in range(invented.VARIANTS)]
    accents = (*voices.ACCENTS, *voices.HELD_OUT_ACCENTS, *new_accents)
    variants = [v for v in (*voices.VARIANTS, *voices.HELD_OUT_VARIANTS, *new_variants) if v]
    some = Random(0)
    for voice in (
        *(f"{accent}+{some.choice(variants)}" for accent in accents),
        *(f"{some.choice(accents)}+{variant}" for variant in variants),
    ):
        (said,) = speaker.say([("hello", voices.Manner(voice, 170, 50, 50))])
        assert np.abs(said.waveform).max() > 0.01
        assert said.phonemes


_DIGESTS = """
from sensorium_pocket.options import SpeechOptions
from sensorium_pocket.speech.data import SpokenSentences
source = SpokenSentences(SpeechOptions(seed=4))
print(*[source[index].media.digest for index in (40, 2, 5)])
"""


@needs_voice
def test_a_sample_is_the_same_in_every_process_and_order():
    source = SpokenSentences(SpeechOptions(seed=4))
    here = {index: source[index].media.digest for index in (2, 3, 5, 40)}
    there = subprocess.run(
        [sys.executable, "-c", _DIGESTS], capture_output=True, text=True, check=True
    )
    assert there.stdout.split() == [here[index] for index in (40, 2, 5)]
    other = SpokenSentences(SpeechOptions(seed=5))
    assert other[2].media.digest != here[2]


@needs_voice
def test_samples_fit_the_window_and_some_say_nothing():
    source = SpokenSentences(SpeechOptions(max_seconds=2.5))
    samples = [source[index] for index in range(60)]
    assert max(len(sample.media.value) for sample in samples) <= 2.5 * 16_000
    assert 0 < sum(not sample.text for sample in samples) < 30
    assert all(bool(sample.text) == bool(sample.sounds) for sample in samples)


@needs_voice
def test_what_does_not_fit_is_left_out_of_the_text():
    clip = spoken("one two three four five six seven eight", "training", Random(1), 1.6)
    assert "one two three four five six seven eight".startswith(clip.text)
    assert 0 < len(clip.text.split()) < 8
    assert len(clip.waveform) <= 1.6 * 16_000


@needs_voice
def test_held_out_clips():
    clip = held_out_clip("white noise", 1)
    assert clip.text
    assert np.array_equal(clip.waveform, held_out_clip("white noise", 1).waveform)
    assert len(held_out_clip("voices", 1, seconds=3).waveform) == 48_000


def test_training_seeds_end_before_evaluation_begins():
    last = SpokenSentences(SpeechOptions(seed=999, length=(1 << 30) - 1))
    assert 999 * (1 << 30) + len(last) < EVALUATION_SEEDS


def test_a_model_without_ears_is_refused():
    with pytest.raises(UnsupportedInputError, match="no transcriber for audio"):
        transcriber_of(object())
