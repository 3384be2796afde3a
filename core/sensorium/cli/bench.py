"""`sensorium bench`: how fast a model is on this machine, and where the time goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from .common import (
    aligned,
    check_senses,
    echo_json,
    json_option,
    model_option,
    plan_of,
    read_picture,
    read_recording,
)
from .interrupting import AtOnce
from .machine import busy_in_words, in_words, rate_in_words, time_in_words

if TYPE_CHECKING:
    from sensorium.benchmark import Benchmark, Timed
    from sensorium.messages import Media

QUESTION = "What do you see?"

_BEFORE_THE_FIRST_TEXT = ("hear", "prepare", "encode", "project", "prefill", "first_text", "rest")


@click.command("bench")
@click.argument("question", nargs=-1)
@click.option("--image", "images", multiple=True, metavar="FILE", help="A picture to ask about.")
@click.option("--audio", "recordings", multiple=True, metavar="FILE", help="A recording.")
@click.option(
    "--tokens",
    type=click.IntRange(1, 4096),
    default=32,
    show_default=True,
    help="Maximum length of the answer, in tokens.",
)
@model_option
@json_option
@click.pass_context
def bench(
    context: click.Context,
    question: tuple[str, ...],
    images: tuple[str, ...],
    recordings: tuple[str, ...],
    tokens: int,
    model: str,
    overrides: tuple[str, ...],
    as_json: bool,
) -> None:
    """Ask QUESTION and another one about the same media, and show how long each phase took.

    For comparison it shows what was estimated before loading, as in `sensorium doctor`.

    \b
    sensorium bench --image scene.png
    sensorium bench --model phi2-cpu --image scene.png "What is in the picture?"
    """
    context.with_resource(AtOnce())
    from sensorium.benchmark import benchmark

    def read() -> list[Media]:
        media = [*map(read_picture, images), *map(read_recording, recordings)]
        check_senses(plan, media)
        return media

    plan = plan_of(context, model, overrides)
    text = " ".join(question) or ("" if recordings else QUESTION)
    options = plan.recipe.generation.model_copy(update={"max_tokens": tokens})
    measured = benchmark(plan, text, read, options)
    if as_json:
        echo_json({"model": model, **asdict(measured)})
    else:
        _show(model, measured)


_SUMS: dict[str, tuple[str, Callable[[float], str]]] = {
    "first_text_seconds": ("until the first text", time_in_words),
    "tokens_per_second": ("tokens/s", rate_in_words),
}


def _show(model: str, measured: Benchmark) -> None:
    threads = f"{measured.threads} thread{'s' if measured.threads > 1 else ''}"
    click.echo(f"{model}: loaded in {time_in_words(measured.load_seconds)}, {threads}\n")
    click.echo(aligned(_rows(measured), right=(1, 2, 3)))
    rate = measured.first.tokens_per_second
    if measured.bandwidth and measured.bound:
        click.echo(
            f"\nMemory is read at {in_words(measured.bandwidth)}/s, which allows "
            f"{rate_in_words(measured.bound)} tokens/s; "
            f"{100 * rate / measured.bound:.0f} % was reached."
        )
    for warning in busy_in_words(measured.disturbance):
        click.echo(f"\nWarning: {warning}")


def _rows(measured: Benchmark) -> list[tuple[str, str, str, str]]:
    first, second, estimated = measured.first, measured.second, measured.estimated
    rows = [("", "question", "second, same media", "estimated")]

    def row(name: str, words: Callable[[float], str], *numbers: float | None) -> None:
        one, two, three = (words(number) if number else "" for number in numbers)
        rows.append((name, one, two, three))

    row("read", time_in_words, measured.read_seconds, None, None)
    for name in _BEFORE_THE_FIRST_TEXT:
        found = [getattr(one.phases, name) if one else None for one in (first, second, estimated)]
        row(name.replace("_", " "), time_in_words, *found)
    for name, (title, words) in _SUMS.items():
        found = [getattr(one, name) if one else None for one in (first, second, estimated)]
        row(title, words, *found)
    memory = estimated.resident_bytes if estimated else None
    row("memory", in_words, measured.resident_bytes, None, memory)
    rows.append(("positions", _positions(first), _positions(second), ""))
    return [line for line in rows if any(line[1:])]


def _positions(timed: Timed) -> str:
    return f"{timed.positions}, {timed.reused} reused"
