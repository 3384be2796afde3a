"""Typed lookup by exact name over everything the plugins yielded."""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

from .checked import checked
from .discovery import BrokenPlugin, Plugins, find_plugins
from .errors import PluginError, UnknownNameError
from .specs import (
    BundleSpec,
    ChatTemplate,
    Command,
    DatasetFormat,
    EncoderSpec,
    Evaluation,
    LanguageModelSpec,
    ProjectorSpec,
    TranscriberSpec,
    Turn,
)

S = TypeVar("S")

# bitsandbytes, which peft and transformers' Trainer import wherever it is installed, warns on CPUs
# with bfloat16 of a kernel in a package of its own; nothing here uses it, and nobody has to act.
logging.getLogger("bitsandbytes.backends.cpu.ops").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class Entry(Generic[S]):
    """A spec, its functions checked, and the plugin it came from."""

    spec: S
    plugin: str


class Table(Generic[S]):
    """All specs of one kind, by name."""

    def __init__(self, kind: str, hook: str, spec_type: type[S]) -> None:
        self.kind = kind
        self.hook = hook
        self.spec_type = spec_type
        self._entries: dict[str, Entry[S]] = {}
        self._blocked: list[str] = []

    def __iter__(self) -> Iterator[Entry[S]]:
        return iter(self._entries.values())

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def get(self, name: str, *, where: str | None = None) -> S:
        """The spec of exactly this name; UnknownNameError suggests the nearest one."""
        if name not in self._entries:
            raise UnknownNameError(
                self.kind, name, self._entries, where=where, blocked=self._blocked
            )
        return self._entries[name].spec

    def collect(self, plugins: Plugins) -> None:
        """Call the hook plugin by plugin, so that a failure names its plugin and stays there."""
        self._blocked = plugins.blocked
        caller = getattr(plugins.manager.hook, self.hook)
        # pluggy calls the last registered first; keep the order in which plugins were found.
        for implementation in caller.get_hookimpls():
            name = implementation.plugin_name
            try:
                for spec in implementation.function():
                    self._add(spec, name)
            except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin may raise anything
                reason = f"{self.hook}: {type(error).__name__}: {error}"
                plugins.broken.append(BrokenPlugin(name, plugins.source_of(name), reason))

    def _add(self, spec: Any, plugin: str) -> None:
        if not isinstance(spec, self.spec_type):
            raise PluginError(
                f"yielded {type(spec).__name__}, expected {self.spec_type.__name__}",
                hint=f"See the docstring of sensorium.hooks.{self.hook}",
            )
        named = getattr(spec, "name", None)
        for field in fields(spec):  # type: ignore[arg-type]
            if problem := _problem(field.name, getattr(spec, field.name)):
                raise PluginError(f"{self.kind} spec {named!r}: {problem}")
        spec = checked(spec, self.kind, plugin)
        name: str = getattr(spec, "name")  # noqa: B009 - S is any spec, all have a name
        if name in self._entries:
            first = self._entries[name].plugin
            raise PluginError(f"{self.kind} '{name}' is already registered by plugin '{first}'")
        self._entries[name] = Entry(spec, plugin)


_OPTIONAL = {"footprint", "convert", "examples", "training"}
"""Functions that a spec need not have."""


def _problem(field: str, value: object) -> str | None:
    """What is wrong with a field of a spec; types are hints only, and plugins make mistakes."""
    if field in {"name", "summary", "modality"} and not _is_text(value):
        return f"{field} must be a text that is not empty"
    if field in {"build", "inspect", "open", "load", "run", "folder"} and not callable(value):
        return f"{field} is not callable"
    if field in _OPTIONAL and not (value is None or callable(value)):
        return f"{field} is not callable"
    if field == "stop" and not (isinstance(value, tuple | list) and all(map(_is_text, value))):
        return "stop must be a tuple of texts"
    if field == "turns" and not (
        isinstance(value, Mapping) and all(isinstance(turn, Turn) for turn in value.values())
    ):
        return "turns must give each role a Turn"
    if field == "options":
        from .options import Options

        if not (isinstance(value, type) and issubclass(value, Options)):
            return "options is not a subclass of sensorium.Options"
    return None


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


class Registry:
    """Everything that is registered; each table is collected on its first use."""

    def __init__(self, plugins: Plugins) -> None:
        self.plugins = plugins

    def _table(self, kind: str, hook: str, spec_type: type[S]) -> Table[S]:
        table = Table(kind, hook, spec_type)
        table.collect(self.plugins)
        return table

    @functools.cached_property
    def encoders(self) -> Table[EncoderSpec]:
        """Media → features."""
        return self._table("encoder", "register_encoders", EncoderSpec)

    @functools.cached_property
    def transcribers(self) -> Table[TranscriberSpec]:
        """Media → text."""
        return self._table("transcriber", "register_transcribers", TranscriberSpec)

    @functools.cached_property
    def projectors(self) -> Table[ProjectorSpec]:
        """Features → embeddings."""
        return self._table("projector", "register_projectors", ProjectorSpec)

    @functools.cached_property
    def language_models(self) -> Table[LanguageModelSpec]:
        """Embeddings → logits."""
        return self._table("language model", "register_language_models", LanguageModelSpec)

    @functools.cached_property
    def chat_templates(self) -> Table[ChatTemplate]:
        """Conversation formats."""
        return self._table("chat template", "register_chat_templates", ChatTemplate)

    @functools.cached_property
    def dataset_formats(self) -> Table[DatasetFormat]:
        """Readers of training data."""
        return self._table("dataset format", "register_dataset_formats", DatasetFormat)

    @functools.cached_property
    def bundles(self) -> Table[BundleSpec]:
        """Complete models by name."""
        return self._table("bundle", "register_bundles", BundleSpec)

    @functools.cached_property
    def evaluations(self) -> Table[Evaluation]:
        """Scored tasks."""
        return self._table("evaluation", "register_evaluations", Evaluation)

    @functools.cached_property
    def commands(self) -> Table[Command]:
        """Commands of the command line."""
        return self._table("command", "register_commands", Command)

    def tables(self) -> tuple[Table[Any], ...]:
        """Every table, collected."""
        return (
            self.encoders,
            self.transcribers,
            self.projectors,
            self.language_models,
            self.chat_templates,
            self.dataset_formats,
            self.bundles,
            self.evaluations,
            self.commands,
        )


def create_registry() -> Registry:
    """The registry over every plugin that can be found."""
    return Registry(find_plugins())
