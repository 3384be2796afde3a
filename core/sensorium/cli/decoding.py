"""Decoding options on the command line, derived from `GenerationOptions`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
from pydantic import ValidationError

from sensorium.generation import GenerationOptions

from .common import F

_TYPES = {"stop": str, "max_tokens": int, "seed": int, "speculation": bool}


def decoding_options(command: F) -> F:
    """`--max-tokens`, `--temperature`, … and `--system`; unset ones keep the recipe's value."""
    command = click.option("--system", metavar="TEXT", help="System prompt of this conversation.")(
        command
    )
    for name, field in reversed(GenerationOptions.model_fields.items()):
        several = field.annotation == tuple[str, ...]
        option = click.option(
            _flag(name) if field.annotation is not bool else f"{_flag(name)}/--no-{name}",
            name,
            type=_TYPES.get(name, float),
            default=None,
            multiple=several,
            metavar="TEXT" if several else None,
            help=(field.description or "") + (" May be repeated." if several else ""),
        )
        command = option(command)
    return command


def chosen(given: Mapping[str, Any]) -> dict[str, Any]:
    """The options that were given, checked; the error names the option and exits with 2."""
    used = {name: value for name, value in given.items() if value is not None and value != ()}
    try:
        return GenerationOptions(**used).model_dump(include=set(used))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        message = f"{first['msg']}, got {first['input']!r}"
        raise click.BadParameter(message, param_hint=_flag(str(first["loc"][0]))) from error


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")
