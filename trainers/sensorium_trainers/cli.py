"""`sensorium train STAGE --config RECIPE`."""

from __future__ import annotations

from pathlib import Path

import click

from sensorium.cli.common import registry_of, settings_option

from .stages import STAGES


@click.command("train")
@click.argument("stage", type=click.Choice(list(STAGES)))
@click.option(
    "--config",
    "config",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The training recipe (YAML).",
)
@settings_option
@click.option("--dry-run", is_flag=True, help="Show what would learn, and stop.")
@click.option("--fresh", is_flag=True, help="Ignore checkpoints in the output folder.")
@click.option("--export", "export_only", is_flag=True, help="Write the newest checkpoint's bundle.")
@click.pass_context
def train(
    context: click.Context,
    stage: str,
    config: Path,
    overrides: tuple[str, ...],
    dry_run: bool,
    fresh: bool,
    export_only: bool,
) -> None:
    """Train one stage from a recipe; continues from the newest checkpoint.

    \b
    encoder   an encoder from dense labels
    pretrain  a language model from text
    align     a projector between frozen models
    instruct  projector and language model, full or LoRA
    """
    from sensorium.config import merge, parse_overrides, read_yaml, resolve_paths, validate

    from .loop import Run
    from .recipe import TrainingRecipe

    tree = merge(resolve_paths(read_yaml(config), config.parent), parse_overrides(overrides))
    recipe: TrainingRecipe = validate(TrainingRecipe, tree, source=str(config))
    run = Run(STAGES[stage], recipe, registry_of(context))
    for part in run.parameters():
        click.echo(f"{part.group:<10} {part.total:>15,} parameters, {part.learning:>15,} learn")
    if dry_run:
        click.echo(f"{recipe.steps} steps of {recipe.batch_size * recipe.accumulate} samples")
    elif export_only:
        click.echo(f"weights of {run.load_newest().name}")
        run.export(click.echo)
    else:
        run.train(click.echo, resume=not fresh)
