"""What several commands share: the registry in the context, `--set`, reading the model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from ..registry import Registry

F = Callable[..., Any]


def settings_option(command: F) -> F:
    """`--set KEY=VALUE`, repeatable, as `overrides`."""
    option = click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="KEY=VALUE",
        help="Override a key of the recipe, e.g. llm.dtype=float32.",
    )
    return option(command)


def registry_of(context: click.Context) -> Registry:
    """The registry that `main` made for this call."""
    found = context.find_object(Registry)
    if found is None:
        raise RuntimeError("the command was not started by sensorium's main()")
    return found
