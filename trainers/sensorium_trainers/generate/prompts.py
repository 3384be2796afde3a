"""Sample number → messages and seed: the same in every run of the same recipe."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from string import Formatter

from sensorium.errors import ConfigError, suggestion
from sensorium.text_files import EncodingError, read_lines

from sensorium_trainers.drawing import number_of

from .recipe import CorpusRecipe

Messages = list[dict[str, str]]

_SEEDS = 2**31
"""Seeds are below it: every server takes a 31-bit number."""


class Prompts:
    """The prompts of a recipe, by sample number."""

    def __init__(self, recipe: CorpusRecipe) -> None:
        self._seed = recipe.seed
        self._templates = {"user": recipe.prompt}
        if recipe.system is not None:
            self._templates = {"system": recipe.system, **self._templates}
        names = {"system": "system", "user": "prompt"}
        used = {
            name
            for role, template in self._templates.items()
            for name in _names(template, recipe.variables, names[role])
        }
        for name in recipe.variables:
            if name not in used:
                raise ConfigError(f"No prompt has {{{name}}}", where=f"variables.{name}")
        self._values = {name: _values(name, value) for name, value in recipe.variables.items()}

    def messages(self, index: int) -> Messages:
        """System and user message of one sample, from 0."""
        drawn = {
            name: values[self._draw(index, name) % len(values)]
            for name, values in self._values.items()
        }
        return [
            {"role": role, "content": template.format(**drawn)}
            for role, template in self._templates.items()
        ]

    def seed(self, index: int) -> int:
        """The seed that the server gets with this sample, below 2³¹."""
        return self._draw(index, "") % _SEEDS

    def _draw(self, index: int, name: str) -> int:
        # A hash, not a generator: what a sample draws depends on nothing that came before, and
        # another variable or more samples change none of it.
        return number_of(f"{self._seed}/{index}/{name}")


def _names(template: str, known: dict[str, Path | tuple[str, ...]], where: str) -> set[str]:
    """The variables of a template; ConfigError where it is malformed or names another."""
    try:
        fields = [field for _, *field in Formatter().parse(template) if field[0] is not None]
    except ValueError as error:
        hint = "Write {{ and }} for braces that stay."
        raise ConfigError(f"Braces that do not match: {error}", where=where, hint=hint) from error
    found = set()
    for name, form, conversion in fields:
        if form or conversion or not str(name).isidentifier():
            raise ConfigError(
                f"'{{{name}}}' is no variable: only a name stands between braces",
                where=where,
                hint="Write {{ and }} for braces that stay.",
            )
        if name not in known:
            hint = suggestion(str(name), known) + "Variables are declared under `variables`."
            raise ConfigError(f"No variable '{name}'", where=where, hint=hint)
        found.add(str(name))
    return found


def _values(name: str, source: Path | Sequence[str]) -> tuple[str, ...]:
    where = f"variables.{name}"
    if isinstance(source, Path):
        try:
            lines = read_lines(source)
        except (OSError, EncodingError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise ConfigError(f"Cannot read {source}: {reason}", where=where) from error
        source = [line.strip() for line in lines if line.strip()]
    if not source:
        raise ConfigError("There is no value to draw from", where=where)
    return tuple(source)
