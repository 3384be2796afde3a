"""Only what may be speech is heard, in stretches that fit the window, cut where it is quiet."""

import shutil
import subprocess
from importlib.resources import files
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sensorium import read_audio
from sensorium_audio_whisper import loudness
from sensorium_audio_whisper.stretches import speech

RATE = 16_000
WINDOW = 6 * RATE
TIME = np.arange(4 * RATE) / RATE
SETTINGS = {"window": WINDOW, "pause_seconds": 1.0, "steady_decibels": 3.0}


def noise(power, seed=0):
    """Noise whose spectrum falls with frequency to the `power`: 0 white, 1 pink, 2 brown."""
    white = np.fft.rfft(np.random.default_rng(seed).standard_normal(len(TIME)))
    shaped = np.fft.irfft(white / np.maximum(np.arange(len(white)), 1) ** (power / 2))
    return 0.3 * shaped / np.abs(shaped).max()


STEADY = {
    "silence": np.zeros(len(TIME)),
    "faint": 1e-4 * np.random.default_rng(0).standard_normal(len(TIME)),
    "white": noise(0),
    "tone": 0.3 * np.sin(2 * np.pi * 440 * TIME),
    "beep": np.where(TIME < 1, 0.3 * np.sin(2 * np.pi * 1000 * TIME), 0),
    "chord": 0.1 * sum(np.sin(2 * np.pi * hertz * TIME) for hertz in (261, 329, 392)),
    "hum": 0.2 * np.sin(2 * np.pi * 50 * TIME),
    "square": 0.2 * np.sign(np.sin(2 * np.pi * 200 * TIME)),
}
MOVING = {
    "pink": noise(1),
    "brown": noise(2),
    "beeps": 0.3 * np.sin(2 * np.pi * 1000 * TIME) * (np.sin(2 * np.pi * 2 * TIME) > 0),
    "sweep": 0.3 * np.sin(2 * np.pi * (100 + 500 * TIME) * TIME),
}


@pytest.mark.parametrize("name", STEADY)
@pytest.mark.parametrize("voice_threshold", [0, 0.5])
def test_steady_sound_is_no_speech(name, voice_threshold):
    waveform = STEADY[name].astype(np.float32)
    assert speech(waveform, voice_threshold=voice_threshold, **SETTINGS) == []


QUESTION = read_audio(files("sensorium_pocket").joinpath("examples/where-is-the-car.wav")).value
"""1.9 s, root mean square 0.046."""
LENGTH = len(QUESTION)


def hum(hertz, loud, harmonics=1, length=LENGTH):
    time = np.arange(length) / RATE
    parts = range(1, harmonics + 1)
    return sum(loud / part * np.sin(2 * np.pi * hertz * part * time + part) for part in parts)


FLOORS = {
    "offset": 0.1,
    "large negative offset": -0.5,
    "50 Hz": hum(50, 0.15),
    "60 Hz": hum(60, 0.4),
    "50 Hz with harmonics": hum(50, 0.15, 8),
    "60 Hz with harmonics": hum(60, 0.15, 8),
    "rectified mains": hum(100, 0.15, 5),
    "offset and hum": -0.2 + hum(50, 0.2, 3),
    "whistle": hum(1000, 0.1),
    "hiss": 0.06 * np.random.default_rng(0).standard_normal(LENGTH),
}


@pytest.mark.parametrize("name", FLOORS)
@pytest.mark.parametrize("loud", [1.0, 0.1])
def test_a_voice_over_a_steady_floor_is_heard(name, loud):
    """Also where the floor is louder than the voice, and where the whole recording is faint."""
    waveform = np.clip(loud * (QUESTION + FLOORS[name]), -1, 1).astype(np.float32)
    ((start, end),) = speech(waveform, voice_threshold=0.5, **SETTINGS)
    audible = np.flatnonzero(np.abs(QUESTION) > 0.1)
    assert start <= audible[0]
    assert end >= audible[-1]


@settings(max_examples=60, deadline=None)
@given(
    offset=st.floats(-0.4, 0.4),
    hertz=st.one_of(st.floats(48, 62), st.floats(98, 122)),
    loud=st.floats(0, 0.3),
    harmonics=st.integers(1, 6),
)
def test_offset_and_hum_change_nothing(offset, hertz, loud, harmonics):
    floor = offset + hum(hertz, loud, harmonics)
    waveform = (QUESTION + floor).astype(np.float32)
    ((start, end),) = speech(waveform, voice_threshold=0, **SETTINGS)
    ((first, last),) = speech(QUESTION, voice_threshold=0, **SETTINGS)
    assert abs(start - first) < 0.25 * RATE
    assert abs(end - last) < 0.25 * RATE


@pytest.mark.parametrize("name", ["offset", "50 Hz with harmonics", "hiss"])
def test_pauses_over_a_steady_floor_still_end_a_stretch(name):
    silence = np.zeros(2 * RATE)
    voice = np.concatenate([QUESTION, silence, QUESTION, silence, QUESTION])
    rng = np.random.default_rng(1)
    floor = {
        "offset": 0.1,
        "50 Hz with harmonics": hum(50, 0.15, 8, len(voice)),
        "hiss": 0.02 * rng.standard_normal(len(voice)),
    }[name]
    waveform = np.clip(voice + floor, -1, 1).astype(np.float32)
    assert len(speech(waveform, voice_threshold=0.5, **SETTINGS)) == 3


def test_a_floor_that_begins_later_is_none_of_the_voice():
    waveform = np.tile(QUESTION, 40)[: 60 * RATE]
    waveform[31 * RATE :] += hum(50, 0.3, 5, 29 * RATE).astype(np.float32)
    found = speech(waveform.clip(-1, 1), voice_threshold=0.5, **SETTINGS)
    assert sum(end - start for start, end in found) > 0.9 * len(waveform)


def test_a_floor_alone_is_silence():
    for floor in (hum(50, 0.2, 8), np.full(LENGTH, 0.3), hum(440, 0.3)):
        assert loudness.loudness(floor.astype(np.float32)).max() < -60


def test_the_detector_is_given_the_voice_alone(monkeypatch):
    waveform = np.tile(QUESTION, 5)
    rumbling = (0.05 * waveform + 0.3 + hum(50, 0.1, length=len(waveform))).astype(np.float32)
    whole = loudness.for_detector(rumbling)
    monkeypatch.setattr(loudness, "_BLOCK", 40_000)
    in_blocks = loudness.for_detector(rumbling)
    clean = loudness.for_detector(0.05 * waveform)
    assert len(whole) == len(in_blocks) == len(waveform)
    for heard in (whole, in_blocks):
        assert np.abs(heard[4000:-4000] - clean[4000:-4000]).max() < 0.01
    assert np.abs(clean).max() == pytest.approx(10 * 0.05 * np.abs(waveform).max(), rel=0.1)


@pytest.mark.parametrize("name", MOVING)
def test_the_detector_tells_other_sounds_from_voices(name):
    waveform = MOVING[name].astype(np.float32)
    assert speech(waveform, voice_threshold=0.5, **SETTINGS) == []


def test_the_check_of_steadiness_can_be_switched_off():
    waveform = STEADY["white"].astype(np.float32)
    assert speech(waveform, voice_threshold=0, **SETTINGS | {"steady_decibels": 0}) != []


def test_silence_around_speech_is_left_out(babble):
    quiet = np.zeros(2 * RATE, np.float32)
    ((start, end),) = speech(
        np.concatenate([quiet, babble(2), quiet]), voice_threshold=0, **SETTINGS
    )
    assert start == pytest.approx(2 * RATE - 0.2 * RATE, abs=0.05 * RATE)
    assert end == pytest.approx(4 * RATE + 0.2 * RATE, abs=0.2 * RATE)


def test_long_pauses_end_a_stretch_and_short_ones_do_not(babble):
    def pause(seconds):
        return np.zeros(round(seconds * RATE), np.float32)

    waveform = np.concatenate([babble(1), pause(0.6), babble(1), pause(1.5), babble(1)])
    found = speech(waveform, voice_threshold=0, **SETTINGS)
    assert len(found) == 2
    assert len(speech(waveform, voice_threshold=0, **SETTINGS | {"pause_seconds": 0.3})) == 3


def test_long_speech_is_cut_at_its_pauses(babble):
    pieces = []
    for number in range(6):
        pieces += [babble(3.7, seed=number), np.zeros(RATE // 3, np.float32)]
    waveform = np.concatenate(pieces)
    found = speech(waveform, voice_threshold=0, **SETTINGS)
    assert len(found) >= 5
    for _, end in found[:-1]:
        around = waveform[max(0, end - RATE // 20) : end + RATE // 20]
        assert np.abs(around).max() < 0.08  # in a pause, or between two syllables


def test_noise_under_speech_does_not_hide_it(babble):
    clean = np.concatenate([np.zeros(RATE, np.float32), babble(3), np.zeros(RATE, np.float32)])
    power = np.square(babble(3)).mean()
    rng = np.random.default_rng(1)
    noisy = clean + np.sqrt(power / 10) * rng.standard_normal(len(clean)).astype(np.float32)
    ((start, end),) = speech(noisy, voice_threshold=0, **SETTINGS)
    assert start < 1.1 * RATE
    assert end > 3.8 * RATE


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.05, 9), st.floats(0, 2)), min_size=1, max_size=5),
    st.floats(0.5, 6),
    st.floats(0.1, 2),
)
def test_stretches_are_in_order_apart_and_short_enough(babble, parts, window_seconds, pause):
    waveform = np.concatenate(
        [
            piece
            for number, (loud, quiet) in enumerate(parts)
            for piece in (babble(loud, number), np.zeros(int(quiet * RATE), np.float32))
        ]
    )
    window = int(window_seconds * RATE)
    found = speech(
        waveform, window=window, pause_seconds=pause, steady_decibels=0, voice_threshold=0
    )
    assert found
    margin = 2 * (RATE // 5)
    before = -margin
    for start, end in found:
        assert 0 <= start < end <= len(waveform)
        assert end - start <= window
        assert start >= before - margin  # margins of neighbours may meet
        before = end
    # Nothing loud is left out.
    covered = np.zeros(len(waveform), bool)
    for start, end in found:
        covered[start:end] = True
    assert np.square(waveform[~covered]).sum() < 0.05 * np.square(waveform).sum()


def say(text, voice):
    """A sentence of espeak-ng, a formant synthesiser: no recording of a person is needed."""
    done = subprocess.run(
        ["espeak-ng", "-v", voice, "--stdout", text], capture_output=True, check=True
    )
    return read_audio(done.stdout).value


needs_voice = pytest.mark.skipif(not shutil.which("espeak-ng"), reason="needs espeak-ng")


@needs_voice
@pytest.mark.parametrize("voice", ["en", "en-us", "en+f3", "en+m7", "de"])
@pytest.mark.parametrize("decibels", [None, 10, 0])
def test_the_detector_finds_voices(voice, decibels):
    rng = np.random.default_rng(0)
    for text in ("yes", "Where is the cat?", "How many dogs are there in the picture?"):
        waveform = say(text, voice)
        noise = rng.standard_normal(len(waveform)) * np.sqrt(np.square(waveform).mean())
        if decibels is not None:
            noisy = waveform + noise / 10 ** (decibels / 20)
            waveform = np.clip(noisy, -1, 1).astype(np.float32)
        found = speech(waveform, voice_threshold=0.5, **SETTINGS)
        assert sum(end - start for start, end in found) > 0.75 * len(waveform)


@needs_voice
@pytest.mark.parametrize("voice", ["en-us+klatt3", "en+whisper", "es+croak", "en-029+f5"])
@pytest.mark.parametrize("loud", [1.0, 0.05])
def test_no_syllable_is_cut_off(voice, loud):
    """The detector hears some voices only in part; loudness says where they begin and end."""
    for text in ("describe it", "What is next to the red apple?"):
        waveform = say(text, voice) * np.float32(loud)
        audible = np.flatnonzero(np.abs(waveform) > 0.03 * np.abs(waveform).max())
        found = speech(waveform, voice_threshold=0.5, **SETTINGS)
        assert found
        assert found[0][0] <= audible[0] + RATE // 20
        assert found[-1][1] >= audible[-1] - RATE // 20


@needs_voice
@pytest.mark.parametrize("voice_threshold", [0.5, 0])
def test_a_minute_of_sentences_is_cut_between_them(voice_threshold):
    pieces, pauses, at = [], [], 0
    while at < 60 * RATE:
        sentence = say("Is there a red apple in the top left corner?", "en")
        pieces += [sentence, np.zeros(RATE // 3, np.float32)]
        at += len(sentence)
        pauses.append((at - RATE // 10, at + RATE // 3 + RATE // 10))
        at += RATE // 3
    found = speech(np.concatenate(pieces), voice_threshold=voice_threshold, **SETTINGS)
    assert found[-1][1] > 59 * RATE
    for (_, end), (start, _) in pairwise(found):
        assert end == start  # nothing falls between two windows
        assert any(first <= end <= last for first, last in pauses)
