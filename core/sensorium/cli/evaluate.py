"""`sensorium eval`: score a model on a registered task."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from sensorium.errors import SensoriumError
from sensorium.limits import MOST_SAMPLES

from .common import aligned, build, echo_json, json_option, model_option, plan_of, registry_of

if TYPE_CHECKING:
    from sensorium.specs import Score


@click.command("eval")
@click.argument("name")
@model_option
@click.option(
    "--limit",
    type=click.IntRange(1, MOST_SAMPLES),
    help="Number of items to score. Default: the evaluation's own number.",
)
@json_option
@click.pass_context
def evaluate(
    context: click.Context,
    name: str,
    model: str,
    overrides: tuple[str, ...],
    limit: int | None,
    as_json: bool,
) -> None:
    """Run the evaluation NAME and print the share of correct answers per group.

    To list evaluations: sensorium plugins list
    """
    evaluation = registry_of(context).evaluations.get(name)
    limit = limit or evaluation.items
    engine = build(plan_of(context, model, overrides))
    began = time.perf_counter()
    scores: Mapping[str, Score] = {}
    try:
        for scores in evaluation.run(engine, limit):
            _progress(scores)
    except KeyboardInterrupt:
        _progress({})
        click.echo("Stopped early; the scores so far:", err=True)
        if scores:
            click.echo(_table(scores), err=True)
        raise
    _progress({})
    if not scores:
        raise SensoriumError(f"The evaluation '{name}' gave no scores")
    if as_json:
        groups = {
            group: {"right": score.right, "total": score.total, "share": score.value}
            for group, score in scores.items()
        }
        seconds = round(time.perf_counter() - began, 3)
        echo_json(
            {"evaluation": name, "model": model, "limit": limit, "scores": groups}
            | {"seconds": seconds}
        )
    else:
        click.echo(_table(scores))


def _table(scores: Mapping[str, Score]) -> str:
    rows = [("group", "right/total", "share")]
    for group, score in scores.items():
        rows.append((group, f"{score.right:g}/{score.total:g}", f"{score.value:.1%}"))
    return aligned(rows, right=(1, 2))


def _progress(scores: Mapping[str, Score]) -> None:
    """One line that rewrites itself, on a terminal only; nothing for no scores."""
    if not sys.stderr.isatty():
        return
    line = ""
    if scores:
        group, score = max(scores.items(), key=lambda item: item[1].total)
        line = f"{group}: {score.right:g}/{score.total:g} {score.value:.1%}"
    click.echo(f"\r\x1b[K{line}", err=True, nl=False)
