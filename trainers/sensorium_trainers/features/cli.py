"""`sensorium data features`."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click
from sensorium.cli.common import registry_of, settings_option
from sensorium.limits import MOST_PROCESSES

from sensorium_trainers.presets import recipe_file

if TYPE_CHECKING:
    from .extract import Counts

EVERY_SECONDS = 5.0


class ShardType(click.ParamType):  # type: ignore[type-arg]
    """`I/N` → (I, N)."""

    name = "I/N"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[int, int]:
        """The I-th of N parts, from 1."""
        if isinstance(value, tuple):
            return value
        match = re.fullmatch(r"(\d+)/(\d+)", str(value))
        if not match or not 1 <= int(match[1]) <= int(match[2]):
            self.fail(f"{value!r} is not I/N with 1 <= I <= N, as 1/4", param, ctx)
        return int(match[1]), int(match[2])


@click.command("features")
@click.option(
    "--config",
    metavar="RECIPE",
    required=True,
    help="A training recipe with `features`: a YAML file, or the name of one that comes with it.",
)
@settings_option
@click.option(
    "--shard",
    type=ShardType(),
    default=(1, 1),
    help="Only the I-th of N parts of the samples, for one of N machines.",
)
@click.option(
    "--processes",
    type=click.IntRange(1, MOST_PROCESSES),
    default=1,
    show_default=True,
    help="How many encode at once, each with the encoders in memory.",
)
@click.option(
    "--ray",
    metavar="ADDRESS",
    help="Let processes of a Ray cluster encode, at most --processes of them; `local` starts one "
    "on this machine.",
)
@click.pass_context
def features(
    context: click.Context,
    config: str,
    overrides: tuple[str, ...],
    shard: tuple[int, int],
    processes: int,
    ray: str | None,
) -> None:
    """Encode the pictures and recordings of a training recipe ahead.

    They go where training looks for them, the recipe's `features`. What is there already is not
    encoded again, so a run that was stopped goes on.
    """
    from sensorium_trainers.recipe import load_training_recipe

    from .extract import Counts, Shard, kept
    from .workers import extract

    recipe = load_training_recipe(recipe_file(config), overrides)
    folder = kept(recipe).folder
    began = told = time.monotonic()
    total, blocks = extract(
        recipe, registry_of(context), Shard(*shard), processes=processes, ray=ray
    )
    done = Counts()
    for counts in blocks:
        done += counts
        if time.monotonic() - told > EVERY_SECONDS:
            told = time.monotonic()
            click.echo(_progress(done, total, told - began), err=True)
        if done.closed:
            break
    click.echo(_progress(done, total, time.monotonic() - began), err=True)
    rest = f"; it takes no more: {done.closed}" if done.closed else ""
    skipped = ""
    if done.skipped:
        skipped = f", {done.skipped:,} samples could not be used, the first: {done.reason}"
    click.echo(f"{folder}: {done.encoded:,} encoded, {done.found:,} found{skipped}{rest}")


def _progress(done: Counts, total: int, seconds: float) -> str:
    rate = done.samples / max(seconds, 1e-9)
    left = timedelta(seconds=round((total - done.samples) / max(rate, 1e-9)))
    share = 100 * done.samples // max(total, 1)
    return f"{done.samples:,}/{total:,} samples ({share}%), {rate:.3g}/s, {left} left"
