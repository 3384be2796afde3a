"""Subtitles: what a reader of the format gives back is what was said, at any time."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sensorium.contracts import Segment, Transcript
from sensorium.media.subtitles import subtitles


def transcript(*said):
    segments = (Segment(n, n + 0.5, text) for n, text in enumerate(said))
    return Transcript(" ".join(said), "en", tuple(segments))


def read_vtt(text):
    """The cues' text by WebVTT's rules: tags dropped, then character references resolved."""
    head, *cues = text.strip().split("\n\n")
    assert head == "WEBVTT"
    lines = [cue.split("\n") for cue in cues]
    assert all(len(cue) == 2 and re.fullmatch(r"[\d:.]+ --> [\d:.]+", cue[0]) for cue in lines)
    return [html.unescape(re.sub("<[^>]*>?", "", said)) for _, said in lines]


@pytest.mark.parametrize(
    "said",
    [
        "AT&T and Q&A at noon",
        "if a < b then stop",
        "<i> is the tag and </i> ends it",
        "x &lt; y is how you write it",
        "a --> b",
        ">> Next speaker",
        "1 < 2 and 3 > 2",
        "&amp;lt; <00:01.000> <v Bob>",
    ],
)
def test_markup_in_speech_stays_speech(said):
    assert read_vtt(subtitles(transcript(said, "next"), "vtt")) == [said, "next"]


words = st.text(st.characters(categories=["L", "P", "S", "N"]), min_size=1, max_size=12)


@given(st.lists(st.lists(words, min_size=1, max_size=5).map(" ".join), min_size=1, max_size=4))
def test_any_words_come_back(said):
    assert read_vtt(subtitles(transcript(*said), "vtt")) == said


@pytest.mark.parametrize("form", ["srt", "vtt"])
def test_line_ends_do_not_end_a_cue(form):
    text = subtitles(transcript("one\n\ntwo\r\n three"), form)
    assert "one two three" in text


def test_times_beyond_an_hour_and_arrows_in_subrip():
    segments = (Segment(0, 1.5, "one"), Segment(3599.9996, 3725.25, "a --> b & c < d"))
    assert subtitles(Transcript("", "en", segments), "srt") == (
        "1\n00:00:00,000 --> 00:00:01,500\none\n\n2\n01:00:00,000 --> 01:02:05,250\na → b & c < d\n"
    )


def test_of_silence_there_is_nothing():
    assert subtitles(Transcript("", ""), "vtt") == "WEBVTT\n"
    assert subtitles(Transcript("", ""), "srt") == ""
