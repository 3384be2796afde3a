"""`sensorium train STAGE --config RECIPE`, and `sensorium train MODEL`."""

from __future__ import annotations

from pathlib import Path

import click
from sensorium.cli.common import registry_of, settings_option
from sensorium.errors import UnknownNameError

from .presets import presets, recipe_file
from .stages import STAGES

TRANSPLANT = "transplant"
_SUMMARIES = {stage.name: stage.summary for stage in STAGES.values()} | {
    TRANSPLANT: "a projector carried over to another language model, by regression"
}
_STAGES = "\n".join(f"{name:<12}{summary}" for name, summary in _SUMMARIES.items())
_PRESETS = "\n".join(f"{name:<23}{summary}" for name, summary in presets().items())


@click.command(
    "train",
    help="Train one stage from a recipe, or all stages of a model that brings its plan (pocket); "
    f"continues from the newest checkpoint.\n\n\b\n{_STAGES}\n\n"
    f"Recipes that come with it, to be named instead of a file:\n\n\b\n{_PRESETS}",
)
@click.argument("stage", metavar="STAGE|MODEL")
@click.option(
    "--config",
    "config",
    metavar="RECIPE",
    help="The training recipe: a YAML file, or one of the names above.",
)
@settings_option
@click.option("--dry-run", is_flag=True, help="Show what would learn, and what it takes.")
@click.option("--fresh", is_flag=True, help="Begin at step 0; an earlier run is moved aside.")
@click.option("--export", "export_only", is_flag=True, help="Write the newest checkpoint's bundle.")
@click.pass_context
def train(
    context: click.Context,
    stage: str,
    config: str | None,
    overrides: tuple[str, ...],
    dry_run: bool,
    fresh: bool,
    export_only: bool,
) -> None:
    """`help` above is what a person reads."""
    if stage not in _SUMMARIES:
        given = config is not None or dry_run or fresh or export_only
        return _train_model(context, stage, overrides, more_given=given)
    if config is None:
        raise click.UsageError("Missing option '--config': the training recipe of the stage.")
    if stage == TRANSPLANT:
        if fresh or export_only:
            raise click.UsageError("'transplant' has no checkpoints to begin anew or to export.")
        from .transplant import load_transplant_recipe, transplant

        moved = load_transplant_recipe(Path(config), overrides)
        transplant(moved, registry_of(context), click.echo, write=not dry_run)
        return
    from .recipe import load_training_recipe

    recipe = load_training_recipe(recipe_file(config), overrides)
    if dry_run:
        from .rehearsal import rehearse

        for lines in rehearse(STAGES[stage], recipe, registry_of(context)):
            click.echo(lines)
        return
    from .display import train_shown
    from .loop import Run
    from .processes import is_main, leave, on_main
    from .rehearsal import parameters

    run = Run(STAGES[stage], recipe, registry_of(context))
    say = on_main(click.echo)
    say(parameters(run.objective))
    if export_only:
        if is_main():
            run.export_newest(say)
    else:
        train_shown(run, say, resume=not fresh)
    leave()


def _train_model(
    context: click.Context, name: str, overrides: tuple[str, ...], *, more_given: bool
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
        raise UnknownNameError("stage or model with a plan", name, [*_SUMMARIES, *plans])
    if more_given:
        raise click.UsageError(f"'{name}' is a model with a plan of its own: give only --set.")
    follow(load_plan(plans[name]()), registry, overrides, click.echo)
