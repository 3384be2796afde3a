"""`sensorium train STAGE --config RECIPE`, `train transplant`, and `train MODEL`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click
from sensorium.cli.common import registry_of, settings_option
from sensorium.cli.interrupting import AtOnce

from .presets import presets, recipe_file
from .stages import STAGES, Stage

F = TypeVar("F", bound=Callable[..., object])
_PRESETS = "\n".join(f"{name:<23}{summary}" for name, summary in presets().items())


def config_option(text: str) -> Callable[[F], F]:
    """`--config RECIPE`, without which there is nothing to do."""
    return click.option("--config", metavar="RECIPE", required=True, help=text)


dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Show what would learn, and what it takes."
)


class Trainings(click.Group):
    """The stages and the transplant, and the models that bring a plan: the registry knows them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which a model is trained, whole models last."""
        return [*self.commands, *_plans(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A stage, or a model."""
        if cmd_name in self.commands:
            return self.commands[cmd_name]
        plan = _plans(ctx).get(cmd_name)
        return _of_model(cmd_name, plan) if plan else None


@click.group(
    "train",
    cls=Trainings,
    help="Train one stage from a recipe, or all stages of a model that brings its plan; "
    "continues from the newest checkpoint.\n\n"
    f"Recipes that come with it, to be named instead of a file:\n\n\b\n{_PRESETS}",
)
def train() -> None:
    """`help` above is what a person reads."""


def _of_stage(stage: Stage) -> click.Command:
    own = [name for name, summary in presets().items() if summary.startswith(f"{stage.name}: ")]
    named = f"Recipes that come with it: {', '.join(own)}." if own else None

    @click.command(
        stage.name, help=f"Train {stage.summary}.", short_help=stage.summary, epilog=named
    )
    @config_option("A YAML file, or the name of a recipe that comes with it.")
    @settings_option
    @dry_run_option
    @click.option("--fresh", is_flag=True, help="Begin at step 0; an earlier run is moved aside.")
    @click.option(
        "--export", "export_only", is_flag=True, help="Write the newest checkpoint's bundle."
    )
    @click.pass_context
    def command(
        context: click.Context,
        config: str,
        overrides: tuple[str, ...],
        dry_run: bool,
        fresh: bool,
        export_only: bool,
    ) -> None:
        from .recipe import load_training_recipe

        recipe = load_training_recipe(recipe_file(config), overrides)
        if dry_run:
            with AtOnce():
                from .rehearsal import rehearse

            for lines in rehearse(stage, recipe, registry_of(context)):
                click.echo(lines)
            return
        with AtOnce():
            from .display import train_shown
            from .loop import Run
            from .processes import is_main, leave, on_main
            from .rehearsal import parameters

        run = Run(stage, recipe, registry_of(context))
        say = on_main(click.echo)
        say(parameters(run.objective))
        if export_only:
            if is_main():
                run.export_newest(say)
        else:
            train_shown(run, say, resume=not fresh)
        leave()

    return command


for _stage in STAGES.values():
    train.add_command(_of_stage(_stage))


@train.command(
    "transplant", short_help="a projector carried over to another language model, by regression"
)
@config_option("A YAML file.")
@settings_option
@dry_run_option
@click.pass_context
def transplant_projector(
    context: click.Context, config: str, overrides: tuple[str, ...], dry_run: bool
) -> None:
    """Carry a projector over to another language model, by regression."""
    with AtOnce():
        from .transplant import load_transplant_recipe, transplant

    recipe = load_transplant_recipe(Path(config), overrides)
    transplant(recipe, registry_of(context), click.echo, write=not dry_run)


def _of_model(name: str, plan: Callable[[], Path]) -> click.Command:
    """All stages of a model, by the plan that its plugin brings."""

    @click.command(
        name,
        help=f"Train all stages of the model '{name}', and put it together.",
        short_help="all stages of this model, and the bundle at the end",
    )
    @settings_option
    @click.option("--dry-run", is_flag=True, help="Show the stages, and how far each is.")
    @click.option(
        "--fresh", is_flag=True, help="Begin every stage at step 0; earlier runs are moved aside."
    )
    @click.pass_context
    def command(
        context: click.Context, overrides: tuple[str, ...], dry_run: bool, fresh: bool
    ) -> None:
        from .plan import follow, load_plan, outlook

        wanted = load_plan(plan())
        if dry_run:
            for line in outlook(wanted, overrides):
                click.echo(line)
            return
        with AtOnce():
            from . import loop  # noqa: F401 - torch, which the stages need
        follow(wanted, registry_of(context), overrides, click.echo, fresh=fresh)

    return command


def _plans(context: click.Context) -> dict[str, Callable[[], Path]]:
    """Model → its plan."""
    return {
        entry.spec.name: entry.spec.training
        for entry in registry_of(context, quiet=True).bundles
        if entry.spec.training is not None
    }
