"""`sensorium transcribe`: a recording as text, subtitles or JSON."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

import click

from sensorium.errors import ConfigError
from sensorium.limits import DEFAULT_LIMITS
from sensorium.media.audio import SAMPLE_RATE_HZ

from .common import check_senses, echo_json, model_option, plan_of, read_recording

if TYPE_CHECKING:
    from sensorium.contracts import Transcript
    from sensorium.pipeline import Plan, PlannedHearing

LONG_SECONDS = 60
"""Where nobody watches a terminal, progress is told once for every such stretch."""


@click.command("transcribe")
@click.argument("file")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "srt", "vtt", "json"]),
    default="text",
    show_default=True,
    help="Plain text, subtitles, or everything.",
)
@click.option(
    "--max-seconds",
    type=click.IntRange(min=1),
    default=int(DEFAULT_LIMITS.audio.max_seconds),
    show_default=True,
    help="Longer recordings are refused.",
)
@model_option
@click.pass_context
def transcribe(
    context: click.Context,
    file: str,
    form: str,
    max_seconds: int,
    model: str,
    overrides: tuple[str, ...],
) -> None:
    """Write down what is said in FILE. Of the model only what hears is loaded.

    \b
    sensorium transcribe talk.mp3 --format srt > talk.srt
    """
    from sensorium.device import resolve_device, use_threads
    from sensorium.hearing import Hearing

    recording = read_recording(file, max_seconds=max_seconds)
    plan = plan_of(context, model, overrides)
    check_senses(plan, [recording])
    planned = _planned(plan)
    use_threads(plan.recipe.threads)
    device = resolve_device(plan.recipe.device)
    hearing = Hearing(partial(planned.build, device))
    seconds = len(recording.value) / SAMPLE_RATE_HZ
    transcript = hearing.hear(recording, progress=_progress(seconds))
    if not transcript.text:
        click.echo("No words were understood.", err=True)
    if form == "json":
        echo_json({"file": file, "seconds": round(seconds, 3), **asdict(transcript)})
    elif form == "text":
        click.echo(transcript.text)
    else:
        click.echo(subtitles(transcript, form), nl=False)


def subtitles(transcript: Transcript, form: str) -> str:
    """The segments as SubRip (`srt`) or WebVTT (`vtt`)."""
    comma = "," if form == "srt" else "."
    blocks = ["WEBVTT\n"] if form == "vtt" else []
    for number, segment in enumerate(transcript.segments, start=1):
        times = [_clock(at, comma) for at in (segment.start_seconds, segment.end_seconds)]
        lines = [f"{times[0]} --> {times[1]}", segment.text]
        # An arrow in the text would end a cue of WebVTT.
        lines[1] = lines[1].replace("-->", "→")
        blocks.append("\n".join([str(number), *lines] if form == "srt" else lines) + "\n")
    return "\n".join(blocks)


def _clock(seconds: float, comma: str) -> str:
    milliseconds = round(seconds * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    whole, milliseconds = divmod(milliseconds, 1000)
    return f"{hours:02}:{minutes:02}:{whole:02}{comma}{milliseconds:03}"


def _planned(plan: Plan) -> PlannedHearing:
    for planned in plan.hearings:
        if planned.modality == "audio":
            return planned
    raise ConfigError(
        f"{plan.source} hears, but writes nothing down",
        where="encoders.audio.mode",
        hint="Add: --set encoders.audio.mode=transcribe",
    )


def _progress(seconds: float) -> Callable[[float], None]:
    """On a terminal a line that rewrites itself; else a line for every minute of the recording."""
    told = 0

    def tell(done: float) -> None:
        nonlocal told
        line = f"{done:.0f} of {seconds:.0f} s"
        if sys.stderr.isatty():
            click.echo(f"\r\x1b[K{line if done < seconds - 1 else ''}", err=True, nl=False)
        elif done // LONG_SECONDS > told:
            told = int(done // LONG_SECONDS)
            click.echo(line, err=True)

    return tell
