"""Timed text as SubRip (.srt) or WebVTT (.vtt)."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sensorium.contracts import Transcript

SubtitleForm = Literal["srt", "vtt"]


def subtitles(transcript: Transcript, form: SubtitleForm) -> str:
    """Its segments as a file of subtitles; a reader of the format gives back what was said.

    WebVTT is a markup format, so `&`, `<` and `>` are escaped. SubRip has no escapes; only an
    arrow, which some readers take for a line of times, is written as `→`. Line ends inside of a
    segment become spaces: in both formats a blank line ends a cue.
    """
    blocks = ["WEBVTT\n"] if form == "vtt" else []
    for number, segment in enumerate(transcript.segments, start=1):
        times = (_clock(at, form) for at in (segment.start_seconds, segment.end_seconds))
        text = " ".join(segment.text.split())
        text = html.escape(text, quote=False) if form == "vtt" else text.replace("-->", "→")
        head = [str(number)] if form == "srt" else []
        blocks.append("\n".join([*head, " --> ".join(times), text]) + "\n")
    return "\n".join(blocks)


def _clock(seconds: float, form: SubtitleForm) -> str:
    """`hh:mm:ss` and milliseconds, behind a comma in SubRip and a point in WebVTT."""
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    whole, milliseconds = divmod(milliseconds, 1000)
    return f"{hours:02}:{minutes:02}:{whole:02}{',' if form == 'srt' else '.'}{milliseconds:03}"
