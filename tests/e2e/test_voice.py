"""The shipped pocket bundle, by voice: recordings in, through the command line and the library."""

from __future__ import annotations

import ctypes.util
import json
import subprocess
import sys
import wave
from pathlib import Path
from random import Random

import numpy as np
import pytest
import sensorium
from sensorium import Message
from sensorium.errors import NothingHeardError
from sensorium_pocket import FOLDER
from sensorium_pocket.examples import RECORDING, examples
from sensorium_pocket.speech import asking, evaluation
from sensorium_pocket.speech.data import Clip, spoken
from sensorium_pocket.speech.scoring import word_errors
from sensorium_pocket.speech.sounds import wordless
from sensorium_pocket.speech.talking import voices
from sensorium_pocket.speech.voices import Manner

pytestmark = pytest.mark.skipif(
    ctypes.util.find_library("espeak-ng") is None, reason="espeak-ng is not installed"
)
ROOT = Path(__file__).parents[2]
CATS, GARDEN = (path for path, _ in examples()[:2])
PUBLISHED = json.loads((FOLDER / "scores.json").read_text())


@pytest.fixture(scope="module")
def engine():
    return sensorium.load("pocket")


def command(*arguments):
    """`sensorium …` in a process of its own, which must succeed."""
    words = [sys.executable, "-m", "sensorium", *map(str, arguments)]
    result = subprocess.run(words, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result


def say(text: str, voice: str = "gmw/en-US+f3") -> np.ndarray:
    (speech,) = voices().say([(text, Manner(voice, 165, 50, 50))])
    return speech.waveform


def recording(text: str) -> sensorium.Media:
    return Clip(np.pad(say(text) * 0.6, 4000), text).media


def write(path: Path, waveform: np.ndarray, rate: int = 16_000, channels: int = 1) -> Path:
    """A wav file of 16-bit samples, resampled by its spectrum."""
    length = round(len(waveform) * rate / 16_000)
    spectrum = np.fft.rfft(waveform)
    wanted = np.zeros(length // 2 + 1, complex)
    kept = min(len(spectrum), len(wanted))
    wanted[:kept] = spectrum[:kept]
    samples = np.fft.irfft(wanted, length) * (length / len(waveform))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        data = np.clip(samples, -1, 1) * 32767
        file.writeframes(np.repeat(data.astype("<i2"), channels).tobytes())
    return path


def test_a_question_by_voice_on_the_command_line():
    result = command("ask", "--image", CATS, "--audio", RECORDING)
    assert result.stdout.strip() == "Center: there is the car."
    assert result.stderr == "Heard: where is the car\n"


def test_every_combination_in_one_conversation(engine):
    """Text; image; audio; text and image; audio and image; all three; two images and an audio."""
    cats, garden = sensorium.read_image(CATS), sensorium.read_image(GARDEN)
    turns = [
        (["hello"], None),
        ([cats], None),
        ([recording("how many cats are there")], "three cats"),
        ([cats, "Where is the car?"], "Center: there is the car."),
        ([cats, recording("is there a car")], None),
        ([cats, "please", recording("where is the car")], None),
        ([cats, garden, recording("what do you see")], None),
        ([recording("thank you")], None),
    ]
    messages: list[Message] = []
    for content, expected in turns:
        stream = engine.stream([*messages, Message.user(*content)])
        got = stream.answer
        assert got.text
        assert got.finish_reason == "stop"
        if expected:
            assert expected in got.text
        messages = [*stream.messages, Message.assistant(got.text)]
    heard = [t.text for message in messages for t in message.transcripts]
    assert heard == [
        "how many cats are there",
        "is there a car",
        "where is the car",
        "what do you see",
        "thank you",
    ]


def test_a_follow_up_by_voice_about_an_earlier_picture(engine):
    first = engine.stream([Message.user(sensorium.read_image(CATS), "Is there a cat?")])
    answer = first.answer.text
    later = [*first.messages, Message.assistant(answer), Message.user(recording("and a car"))]
    assert engine.ask(later).text == "Center: yes, there is a car."


@pytest.mark.parametrize("kind", ["silence", "noise", "tone"])
def test_nothing_is_invented_where_nobody_speaks(engine, kind):
    media = Clip(wordless(kind, 3, Random(5)), "").media
    with pytest.raises(NothingHeardError, match="say it again"):
        engine.ask([Message.user(sensorium.read_image(CATS), media)])


def minute_of_speech() -> tuple[np.ndarray, str]:
    """A minute of sentences, by several voices, with pauses between them."""
    pieces, texts, number = [], [], 0
    while sum(map(len, pieces)) < 60 * 16_000:
        text = ["where is the cat", "how many dogs do you see", "what is the background"][
            number % 3
        ]
        clip = spoken(text, "training", Random(f"minute {number}"))
        pieces += [clip.waveform, np.zeros(9600, np.float32)]
        texts.append(text)
        number += 1
    return np.concatenate(pieces), " ".join(texts)


def test_a_minute_is_heard_whole_and_at_any_rate(tmp_path):
    waveform, text = minute_of_speech()
    transcripts = {}
    for name, rate, channels in (("plain", 16_000, 1), ("low", 8_000, 1), ("high", 96_000, 2)):
        path = write(tmp_path / f"{name}.wav", waveform, rate, channels)
        transcripts[name] = json.loads(command("transcribe", path, "--format", "json").stdout)
    whole = transcripts["plain"]
    assert whole["segments"][-1]["end_seconds"] > 57
    errors, words = word_errors(text, whole["text"])
    assert errors <= 0.05 * words
    for name in ("low", "high"):  # at 8 kHz half of the spectrum is gone
        assert word_errors(whole["text"], transcripts[name]["text"])[0] <= 0.02 * words, name


def test_a_short_evaluation_is_near_the_published_table(engine):
    """Fifteen clips of each set: enough to notice deaf ears, within four standard errors."""
    published = PUBLISHED["evaluations"]["pocket-speech"]["scores"]
    measured = dict(list(evaluation.evaluate(engine, 15))[-1])
    assert set(measured) == set(published)
    for group, score in measured.items():
        if group == "3 s: quick":
            continue  # a time, which says nothing on a busy machine
        share = min(published[group]["share"], 0.99)
        slack = 4 * (share * (1 - share) / score.total) ** 0.5
        assert score.value >= share - slack, f"{group}: {score}"


def test_questions_are_heard_without_a_transcript():
    """Twenty scenes, asked aloud: near the published share, and nothing is written down."""
    engine = sensorium.load("pocket", ["encoders.audio.mode=features"])
    stream = engine.stream([Message.user(sensorium.read_image(CATS), recording("is there a car"))])
    assert stream.answer.text == "Center: yes, there is a car."
    assert not stream.answer.transcripts
    published = PUBLISHED["evaluations"]["pocket-spoken, features"]["scores"]["spoken"]["share"]
    score = dict(list(asking.evaluate(engine, 20))[-1])["spoken"]
    assert score.value >= published - 4 * (published * (1 - published) / score.total) ** 0.5


def test_the_recipe_without_a_transcript_differs_in_one_line():
    one, other = (
        (ROOT / f"configs/{name}.yaml").read_text() for name in ("pocket", "pocket-audio")
    )
    lines = [
        [line.split("#")[0].rstrip() for line in text.splitlines() if line.split("#")[0].strip()]
        for text in (one, other)
    ]
    differing = [pair for pair in zip(*lines, strict=True) if pair[0] != pair[1]]
    assert differing == [("    mode: transcribe", "    mode: features")]
