"""Finds plugins: installed entry points and un-installed folders, through the same table.

One broken plugin must not take the others down: entry points are loaded one by one, and whatever
fails is kept as a `BrokenPlugin` with the reason.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pluggy

from . import hooks
from .errors import PluginError, reason_of, suggestion
from .text_files import read_text

PLUGINS_PATH = "SENSORIUM_PLUGINS"
"""Environment variable: folders of un-installed plugins, separated like PATH."""

BLOCKED = "SENSORIUM_BLOCKED"
"""Environment variable: entry-point names that must not be loaded, separated by commas."""

_ROOTS = (".", "src")


@dataclass(frozen=True, slots=True)
class FoundPlugin:
    """A loaded plugin: its entry-point name and where it came from."""

    name: str
    source: str


@dataclass(frozen=True, slots=True)
class BrokenPlugin:
    """A plugin that was left out, and why."""

    name: str
    source: str
    reason: str


@dataclass
class Plugins:
    """What discovery found. Made by `find_plugins()` and passed in; never a global."""

    manager: pluggy.PluginManager
    found: list[FoundPlugin] = field(default_factory=list)
    broken: list[BrokenPlugin] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)
    """Names that were not to be loaded."""

    def register(self, plugin: object, name: str, source: str) -> None:
        """Add one plugin object; on any failure it is recorded as broken and left out."""
        if any(other.name == name for other in self.found):
            reason = f"a plugin named '{name}' is registered already"
            self.broken.append(BrokenPlugin(name, source, reason))
            return
        try:
            self.manager.register(plugin, name=name)
            # A misspelled hook registers silently: this is where it is caught.
            self.manager.check_pending()
        except Exception as error:  # noqa: BLE001 - pluggy reads every attribute of the plugin
            reason = str(error)
            if self.manager.get_plugin(name) is plugin:
                reason = " ".join(self._misspelled(plugin)) or reason
                self.manager.unregister(name=name)
            self.broken.append(BrokenPlugin(name, source, reason))
        else:
            self.found.append(FoundPlugin(name, source))

    def _misspelled(self, plugin: object) -> Iterator[str]:
        """A sentence for every hook it has that there is not."""
        known = [name for name in vars(hooks) if hasattr(self.manager.hook, name)]
        for name in dir(plugin):
            if name not in known and self.manager.parse_hookimpl_opts(plugin, name) is not None:
                yield f"there is no hook '{name}'. {suggestion(name, known)}".rstrip()

    def source_of(self, name: str) -> str:
        """Where the plugin of this name came from."""
        return next((plugin.source for plugin in self.found if plugin.name == name), name)


@dataclass(frozen=True, slots=True)
class _EntryPoint:
    name: str
    value: str
    source: str

    def load(self) -> Any:
        module, _, attribute = self.value.partition(":")
        loaded = importlib.import_module(module)
        return getattr(loaded, attribute) if attribute else loaded


def empty_plugins() -> Plugins:
    """A manager that knows the hooks and no plugin: the start of a test or of `find_plugins`."""
    manager = pluggy.PluginManager(hooks.GROUP)
    manager.add_hookspecs(hooks)
    return Plugins(manager)


def find_plugins(
    folders: Iterable[Path] | None = None, blocked: Iterable[str] | None = None
) -> Plugins:
    """Load every plugin there is.

    `folders` are un-installed projects or folders of such projects (default: SENSORIUM_PLUGINS);
    `blocked` are entry-point names to leave out (default: SENSORIUM_BLOCKED).
    """
    if folders is None:
        folders = [Path(p) for p in os.environ.get(PLUGINS_PATH, "").split(os.pathsep) if p]
    if blocked is None:
        blocked = [name.strip() for name in os.environ.get(BLOCKED, "").split(",")]
    blocked = set(blocked)
    plugins = empty_plugins()
    seen: dict[str, str] = {}
    for entry in _entry_points(folders, plugins):
        # The same project may be both installed and found as a folder: that is one plugin.
        if entry.name in blocked:
            plugins.blocked.append(entry.name)
            continue
        if seen.get(entry.name) == entry.value:
            continue
        if entry.name in seen:
            reason = f"the name is taken by {seen[entry.name]}"
            plugins.broken.append(BrokenPlugin(entry.name, entry.source, reason))
            continue
        seen[entry.name] = entry.value
        try:
            plugin = entry.load()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin may raise anything
            reason = f"{type(error).__name__}: {error}"
            plugins.broken.append(BrokenPlugin(entry.name, entry.source, reason))
        else:
            plugins.register(plugin, entry.name, entry.source)
    return plugins


def load_project(pyproject: Path) -> list[_EntryPoint]:
    """The entry-point table of an un-installed project; its source roots become importable."""
    try:
        project = tomllib.loads(read_text(pyproject))
        hatch = project.get("tool", {}).get("hatch", {}).get("build", {})
        table = project.get("project", {}).get("entry-points", {}).get(hooks.GROUP, {})
        entries = [_EntryPoint(name, value, str(pyproject)) for name, value in table.items()]
        roots = [(pyproject.parent / root).resolve() for root in hatch.get("dev-mode-dirs", _ROOTS)]
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise PluginError(f"Cannot read {pyproject}: {reason_of(error)}") from error
    for folder in roots:
        if str(folder) not in sys.path and folder.is_dir():
            sys.path.append(str(folder))
    return entries


def _entry_points(folders: Iterable[Path], plugins: Plugins) -> Iterator[_EntryPoint]:
    for entry in importlib.metadata.entry_points(group=hooks.GROUP):
        dist = entry.dist
        source = f"{dist.name} {dist.version}" if dist else "installed"
        yield _EntryPoint(entry.name, entry.value, source)
    for folder in folders:
        own = folder / "pyproject.toml"
        projects = [own] if own.is_file() else sorted(folder.glob("*/pyproject.toml"))
        if not projects:
            reason = f"no pyproject.toml in {folder} or in the folders below it"
            plugins.broken.append(BrokenPlugin(folder.name, str(folder), reason))
        for pyproject in projects:
            try:
                yield from load_project(pyproject)
            except PluginError as error:
                name = pyproject.parent.name
                plugins.broken.append(BrokenPlugin(name, str(pyproject), str(error)))
