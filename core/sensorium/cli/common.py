"""What several commands share: the registry in the context, models, media, output."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sensorium.debug import one_line
from sensorium.registry import Registry

from .interrupting import AtOnce

if TYPE_CHECKING:
    from sensorium.contracts import Transcript
    from sensorium.engine import ChatEngine
    from sensorium.messages import Media
    from sensorium.pipeline import Plan

F = Callable[..., Any]

_NAMED = "sensorium.cli.named_broken"


def settings_option(command: F) -> F:
    """`--set KEY=VALUE`, repeatable, as `overrides`."""
    option = click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="KEY=VALUE",
        help="Override a recipe key; dots separate levels.",
    )
    return option(command)


def model_option(command: F) -> F:
    """`--model SOURCE` as `model`, and `--set`."""
    option = click.option(
        "--model",
        default="pocket",
        show_default=True,
        metavar="SOURCE",
        help="A bundle's name or folder, a recipe (.yaml), or a hub id.",
    )
    return option(settings_option(command))


def json_option(command: F) -> F:
    """`--json` as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")(command)


def registry_of(context: click.Context, *, quiet: bool = False) -> Registry:
    """The registry that `main` made for this call; names broken plugins unless `quiet`."""
    found = context.find_object(Registry)
    if found is None:
        raise RuntimeError("the command was not started by sensorium's main()")
    if not quiet:
        name_broken(context, found)
    return found


def name_broken(context: click.Context, registry: Registry) -> None:
    """One line on stderr for every plugin that was left out, each once per call."""
    broken = registry.plugins.broken
    named: int = context.meta.get(_NAMED, 0)
    for plugin in broken[named:]:
        reason = one_line(plugin.reason).rstrip(".")
        click.echo(
            f"Plugin '{plugin.name}' was left out: {reason}. See: sensorium plugins list", err=True
        )
    context.meta[_NAMED] = len(broken)


def plan_of(context: click.Context, model: str, overrides: Sequence[str]) -> Plan:
    """The checked recipe of `model`, without loading weights; names plugins that failed."""
    with AtOnce():
        from sensorium.loading import plan_source

    registry = registry_of(context)
    try:
        with AtOnce():
            return plan_source(model, overrides, registry=registry)
    finally:
        name_broken(context, registry)


def build(plan: Plan) -> ChatEngine:
    """Load the weights; on a terminal, show a notice meanwhile."""
    from sensorium.engine import ChatEngine

    notice = f"Loading {plan.source} ..." if sys.stderr.isatty() else ""
    click.echo(notice, err=True, nl=False)
    try:
        with AtOnce():
            engine = ChatEngine(plan.build())
    finally:
        click.echo(f"\r{' ' * len(notice)}\r" if notice else "", err=True, nl=False)
    _name_untrained(plan, engine)
    return engine


def _name_untrained(plan: Plan, engine: ChatEngine) -> None:
    """One line on stderr for every projector whose weights are random."""
    for sense in plan.senses:
        if sense.is_untrained(engine.pipeline.senses[sense.modality].projector):
            click.echo(
                f"The model cannot interpret {sense.modality} input yet: its projector has random "
                f"weights (encoders.{sense.modality}.projector.weights selects trained ones).",
                err=True,
            )


def read_picture(path: str) -> Media:
    """A picture within the limits; the error names the file."""
    from sensorium.media.images import read_image

    return _named(path, "image", read_image)


def read_recording(path: str, *, max_seconds: float | None = None) -> Media:
    """A recording within the limits; the error names the file."""
    from sensorium.media.audio import DEFAULT_LIMITS, AudioLimits, read_audio

    limits = DEFAULT_LIMITS if max_seconds is None else AudioLimits.up_to(max_seconds)
    return _named(path, "audio", lambda file: read_audio(file, limits))


def _named(path: str, modality: str, read: Callable[[str], Media]) -> Media:
    from sensorium.errors import MediaError

    try:
        return read(path)
    except MediaError as error:
        where = None if path in error.message else path
        hint = error.hint or _other_kind(path, modality)
        raise MediaError(error.message, where=where, hint=hint) from error


def _other_kind(path: str, wanted: str) -> str | None:
    """What to do with a recording that was given as a picture, and the other way round."""
    from sensorium.errors import MediaError
    from sensorium.media.given import as_media

    try:
        found = as_media(Path(path)).modality
    except MediaError:
        return None
    kind = "recording" if found == "audio" else "picture"
    return None if found == wanted else f"It is a {kind}."


def echo_heard(transcripts: Iterable[Transcript]) -> None:
    """What was understood, on stderr, before it is answered."""
    for transcript in transcripts:
        click.echo(f"Heard: {transcript.text or '(no words)'}", err=True)


def check_senses(plan: Plan, media: Iterable[Media]) -> None:
    """Refuse media this model cannot perceive, before anything is loaded."""
    from sensorium.perception import require_sense

    for item in media:
        require_sense(item.modality, plan.modalities)


def echo_json(value: Any) -> None:
    """JSON in ASCII, safe for any terminal and pipe."""
    click.echo(json.dumps(value, indent=2))


def aligned(rows: Iterable[Sequence[str]], *, right: Iterable[int] = ()) -> str:
    """Rows as columns two spaces apart; the columns in `right` are right-aligned."""
    rows, right = [list(row) for row in rows], set(right)
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if index in right else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
