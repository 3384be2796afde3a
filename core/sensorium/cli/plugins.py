"""`sensorium plugins`: what is registered, by whom, and what was left out."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from sensorium.debug import one_line
from sensorium.errors import UnknownNameError
from sensorium.registry import Entry, Registry, Table

from .common import aligned, echo_json, json_option, registry_of
from .describing import describe_spec


@click.group("plugins")
def plugins() -> None:
    """List plugins and where they come from."""


@plugins.command("list")
@json_option
@click.pass_context
def list_plugins(context: click.Context, as_json: bool) -> None:
    """List everything registered; plugins that were left out come last."""
    registry = registry_of(context, quiet=True)
    entries = [
        {
            "kind": table.kind,
            "name": entry.spec.name,
            "plugin": entry.plugin,
            "summary": entry.spec.summary,
        }
        for table, entry in _all(registry)
    ]
    broken = [asdict(plugin) for plugin in registry.plugins.broken]
    if as_json:
        found = [asdict(plugin) for plugin in registry.plugins.found]
        echo_json({"entries": entries, "plugins": found, "broken": broken})
        return
    header = ("KIND", "NAME", "PLUGIN", "SUMMARY")
    click.echo(aligned([header, *(tuple(entry.values()) for entry in entries)]))
    for plugin in broken:
        source = "" if plugin["source"] == plugin["name"] else f" ({plugin['source']})"
        click.echo(f"\nLEFT OUT: {plugin['name']}{source}: {one_line(plugin['reason'])}")


@plugins.command("why")
@click.argument("name")
@click.pass_context
def why(context: click.Context, name: str) -> None:
    """Show where NAME comes from and its options; NAME may also be a plugin."""
    registry = registry_of(context, quiet=True)
    everything = _all(registry)
    sources = {plugin.name: plugin.source for plugin in registry.plugins.found}
    blocks = [_why(table, entry, sources) for table, entry in everything if entry.spec.name == name]
    mine = [f"  {t.kind} {e.spec.name}" for t, e in everything if e.plugin == name]
    if name in sources:
        heading = f"plugin {name}\n  from      {sources[name]}\n  registers"
        blocks.append("\n  ".join([heading, *mine]) if mine else f"{heading} nothing")
    for plugin in registry.plugins.broken:
        if plugin.name == name:
            reason = one_line(plugin.reason)
            blocks.append(f"plugin {name} was left out\n  from    {plugin.source}\n  {reason}")
    if not blocks:
        broken = {plugin.name for plugin in registry.plugins.broken}
        known = {entry.spec.name for _, entry in everything} | sources.keys() | broken
        raise UnknownNameError("plugin or registered name", name, known)
    click.echo("\n\n".join(blocks))


def _all(registry: Registry) -> list[tuple[Table[Any], Entry[Any]]]:
    return [(table, entry) for table in registry.tables() for entry in table]


def _why(table: Table[Any], entry: Entry[Any], sources: dict[str, str]) -> str:
    spec = entry.spec
    lines = [
        f"{table.kind} {spec.name}: {spec.summary}",
        f"  plugin    {entry.plugin}",
        f"  from      {sources.get(entry.plugin, entry.plugin)}",
        *describe_spec(spec),
    ]
    return "\n".join(lines)
