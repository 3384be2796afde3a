"""`sensorium config`: show a recipe with every default, and check one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .common import name_broken, plan_of, registry_of, settings_option
from .describing import describe_plan, too_long

if TYPE_CHECKING:
    from sensorium.config import Component, Recipe
    from sensorium.options import Options
    from sensorium.registry import Registry


@click.group("config")
def config() -> None:
    """Show and check recipes. SOURCE takes the same values as --model."""


@config.command("show")
@click.argument("source")
@settings_option
@click.pass_context
def show(context: click.Context, source: str, overrides: tuple[str, ...]) -> None:
    """Print the recipe of SOURCE as YAML: overrides applied, paths resolved, defaults filled in."""
    import yaml

    from sensorium.loading import find_recipe

    registry = registry_of(context)
    try:
        found = find_recipe(source, overrides, registry)
        tree = complete(found.recipe, registry, found.source)
    finally:
        name_broken(context, registry)
    click.echo(yaml.safe_dump(tree, sort_keys=False, allow_unicode=True), nl=False)


@config.command("validate")
@click.argument("source")
@settings_option
@click.pass_context
def validate_source(context: click.Context, source: str, overrides: tuple[str, ...]) -> None:
    """Check names, options and widths of SOURCE and print its pipeline. Loads no weights."""
    plan = plan_of(context, source, overrides)
    click.echo("\n".join(describe_plan(plan)))
    for warning in too_long(plan):
        click.echo(f"Warning: {warning}", err=True)


def complete(recipe: Recipe, registry: Registry, source: str) -> dict[str, Any]:
    """The recipe as a tree, including the defaults of every plugin's options."""
    tree: dict[str, Any] = recipe.model_dump(mode="json")
    llm = registry.language_models.get(recipe.llm.plugin, where=f"{source}, llm.plugin")
    tree["llm"] |= _options(llm.options, recipe.llm, source, "llm")
    for modality, sense in recipe.encoders.items():
        at = f"encoders.{modality}"
        branch = tree["encoders"][modality]
        table = registry.transcribers if sense.mode == "transcribe" else registry.encoders
        spec: Any = table.get(sense.plugin, where=f"{source}, {at}.plugin")
        branch |= _options(spec.options, sense, source, at)
        if sense.projector is not None:
            at = f"{at}.projector"
            projector = registry.projectors.get(
                sense.projector.plugin, where=f"{source}, {at}.plugin"
            )
            branch["projector"] |= _options(projector.options, sense.projector, source, at)
    return tree


def _options(model: type[Options], component: Component, source: str, at: str) -> dict[str, Any]:
    from sensorium.config import validate

    options = validate(model, component.settings, source=source, at=at)
    return options.model_dump(mode="json")
