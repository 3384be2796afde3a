"""`sensorium train STAGE --config RECIPE`, and `sensorium train MODEL`."""

from __future__ import annotations

from pathlib import Path

import click
from sensorium.cli.common import aligned, registry_of, settings_option
from sensorium.errors import UnknownNameError

from .stages import STAGES

_STAGES = "\n".join(f"{stage.name:<10}{stage.summary}" for stage in STAGES.values())


@click.command(
    "train",
    help="Train one stage from a recipe, or all stages of a model that brings its plan (pocket); "
    "continues from the newest checkpoint.\n\n\b\n" + _STAGES,
)
@click.argument("stage", metavar="STAGE|MODEL")
@click.option(
    "--config",
    "config",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The training recipe (YAML).",
)
@settings_option
@click.option("--dry-run", is_flag=True, help="Show what would learn, and stop.")
@click.option("--fresh", is_flag=True, help="Begin at step 0; an earlier run is moved aside.")
@click.option("--export", "export_only", is_flag=True, help="Write the newest checkpoint's bundle.")
@click.pass_context
def train(
    context: click.Context,
    stage: str,
    config: Path | None,
    overrides: tuple[str, ...],
    dry_run: bool,
    fresh: bool,
    export_only: bool,
) -> None:
    """`help` above is what a person reads."""
    if stage not in STAGES:
        return _train_model(context, stage, overrides, only_recipe=config or dry_run or export_only)
    if config is None:
        raise click.UsageError("Missing option '--config': the training recipe of the stage.")
    from .loop import Run
    from .recipe import load_training_recipe

    recipe = load_training_recipe(config, overrides)
    run = Run(STAGES[stage], recipe, registry_of(context))
    rows = [(part.group, f"{part.total:,}", f"{part.learning:,}") for part in run.parameters()]
    click.echo(aligned([("group", "parameters", "learn"), *rows], right=(1, 2)))
    if dry_run:
        each = recipe.batch_size * recipe.accumulate
        click.echo(f"{recipe.steps:,} steps of {each:,} samples, of {len(run.data):,} in the data")
        if run.held_out is not None:
            click.echo(f"{len(run.held_out):,} samples held out for validation")
        sources = zip(recipe.data, run.data.sources, run.data.shares(), strict=True)
        table = [
            (f"data.{number}", component.format, f"{len(source):,}", f"{share:.1%}")
            for number, (component, source, share) in enumerate(sources)
        ]
        if len(table) > 1:
            click.echo(aligned([("data", "format", "samples", "share"), *table], right=(2, 3)))
    elif export_only:
        run.export_newest(click.echo)
    else:
        from .display import train_shown

        train_shown(run, click.echo, resume=not fresh)


def _train_model(
    context: click.Context, name: str, overrides: tuple[str, ...], *, only_recipe: object
) -> None:
    """All stages of a model, by the plan that its plugin brings."""
    from .plan import follow, load_plan

    registry = registry_of(context)
    plans = {
        entry.spec.name: entry.spec.training
        for entry in registry.bundles
        if entry.spec.training is not None
    }
    if name not in plans:
        raise UnknownNameError("stage or model with a plan", name, [*STAGES, *plans])
    if only_recipe:
        raise click.UsageError(f"'{name}' is a model with a plan of its own: give only --set.")
    follow(load_plan(plans[name]()), registry, overrides, click.echo)
