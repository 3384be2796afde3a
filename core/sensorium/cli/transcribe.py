"""`sensorium transcribe`: a recording as text, subtitles or JSON."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Literal

import click

from sensorium.errors import ConfigError
from sensorium.media.audio import SAMPLE_RATE_HZ
from sensorium.media.subtitles import SubtitleForm, subtitles

from .common import check_senses, echo_json, model_option, plan_of, read_recording
from .interrupting import AtOnce

if TYPE_CHECKING:
    from sensorium.pipeline import Plan, PlannedHearing

LONG_SECONDS = 60
"""Without a terminal, progress is reported once per this many seconds of the recording."""


@click.command("transcribe")
@click.argument("file")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "srt", "vtt", "json"]),
    default="text",
    show_default=True,
    help="Plain text, subtitles, or JSON with every detail.",
)
@click.option(
    "--max-seconds",
    type=click.IntRange(1, 86_400),
    default=600,
    show_default=True,
    help="Longer recordings are refused.",
)
@model_option
@click.pass_context
def transcribe(
    context: click.Context,
    file: str,
    form: Literal["text", "json"] | SubtitleForm,
    max_seconds: int,
    model: str,
    overrides: tuple[str, ...],
) -> None:
    """Transcribe FILE. Only the transcriber of the model is loaded.

    \b
    sensorium transcribe talk.mp3 --format srt > talk.srt
    """
    context.with_resource(AtOnce())
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


def _planned(plan: Plan) -> PlannedHearing:
    for planned in plan.hearings:
        if planned.modality == "audio":
            return planned
    raise ConfigError(
        f"{plan.source} takes recordings, but has no transcriber",
        where="encoders.audio.mode",
        hint="Add: --set encoders.audio.mode=transcribe",
    )


def _progress(seconds: float) -> Callable[[float], None]:
    """On a terminal, a line that rewrites itself; else one line per minute of the recording."""
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
