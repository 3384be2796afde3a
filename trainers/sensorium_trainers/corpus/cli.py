"""`sensorium data pack` and `sensorium data shards`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from sensorium.cli.common import registry_of, settings_option

Command = Callable[..., Any]


def _config_option(command: Command) -> Command:
    kind = click.Path(dir_okay=False, path_type=Path)
    option = click.option("--config", required=True, type=kind, help="The recipe (YAML).")
    return option(command)


@click.command("pack")
@_config_option
@settings_option
@click.pass_context
def pack_corpus(context: click.Context, config: Path, overrides: tuple[str, ...]) -> None:
    """Write texts as token ids, once, for the data format `tokens`; goes on where it was stopped.

    Reads any data of texts or conversations. Every document has an end token behind it.
    """
    from .pack import pack
    from .recipe import PackRecipe, load_writing_recipe

    recipe = load_writing_recipe(PackRecipe, config, overrides, "SENSORIUM_PACK_")
    manifest = pack(recipe, registry_of(context), lambda line: click.echo(line, err=True))
    _summarise(recipe.output, manifest["parts"], ("tokens", "documents"))


@click.command("shards")
@_config_option
@settings_option
@click.pass_context
def write_tar_shards(context: click.Context, config: Path, overrides: tuple[str, ...]) -> None:
    """Write samples with their media as tar files, for the data format `tar`, on any disks.

    Reads any data of texts or conversations; `webdataset` reads what it writes. Goes on where it
    was stopped.
    """
    from .recipe import ShardsRecipe, load_writing_recipe
    from .shards import write_shards

    recipe = load_writing_recipe(ShardsRecipe, config, overrides, "SENSORIUM_SHARDS_")
    manifest = write_shards(recipe, registry_of(context), lambda line: click.echo(line, err=True))
    _summarise(recipe.output, manifest["parts"], ("samples",))


def _summarise(output: Path, parts: list[dict[str, Any]], counted: tuple[str, ...]) -> None:
    for reason in [reason for part in parts for reason in part.get("reasons", ())][:5]:
        click.echo(f"skipped: {reason}", err=True)
    totals = {name: sum(part.get(name, 0) for part in parts) for name in (*counted, "skipped")}
    text = ", ".join(f"{total:,} {name}" for name, total in totals.items() if total)
    click.echo(f"{output}: {text} in {len(parts):,} parts")
