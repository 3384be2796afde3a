"""What the core brings itself, registered like any plugin's."""

from __future__ import annotations

from collections.abc import Iterable

from sensorium import Command, ProjectorSpec, hookimpl


@hookimpl
def register_projectors() -> Iterable[ProjectorSpec]:
    """The projectors, from `identity` to `resampler`."""
    from .projector_specs import PROJECTORS

    yield from PROJECTORS


@hookimpl
def register_commands() -> Iterable[Command]:
    """The commands that need no plugin."""
    from sensorium.cli.commands import COMMANDS

    yield from COMMANDS
