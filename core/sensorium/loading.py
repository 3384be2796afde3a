"""`load(source)`: a bundle's name, a bundle's folder, a recipe file or a hub id → a ChatEngine."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from glob import escape
from pathlib import Path

from .config import Recipe, load_recipe
from .engine import ChatEngine
from .errors import BundleError, InputTypeError, UnknownNameError
from .hub import fetch_folder
from .inputs import as_overrides
from .manifest import MANIFEST, read_bundle, read_manifest
from .pipeline import Plan, plan
from .registry import Registry, create_registry

_HUB_ID = re.compile(r"\w[\w.-]*/[\w.-]+")
"""What begins with a dot is a folder, also one that is not there."""


@dataclass(frozen=True, slots=True)
class Found:
    """A recipe and where it was found."""

    recipe: Recipe
    source: str


def load(
    source: str | Path, overrides: str | Iterable[str] = (), *, registry: Registry | None = None
) -> ChatEngine:
    """An engine that answers.

    `source` is the name of a registered bundle (`pocket`), the folder of a bundle, a recipe
    (`.yaml`) or the hub id of a bundle (`owner/name`); `overrides` are `KEY=VALUE` as on the
    command line, one or several: `load("pocket", "llm.dtype=float32")`. Raises SensoriumError:
    ConfigError or WidthError before weights are read, CheckpointError where they cannot be used.
    """
    return ChatEngine(plan_source(source, overrides, registry=registry).build())


def plan_source(
    source: str | Path, overrides: str | Iterable[str] = (), *, registry: Registry | None = None
) -> Plan:
    """Find and check a recipe without reading any weights."""
    if not isinstance(source, str | Path):
        raise InputTypeError(
            f"{type(source).__name__} is no model",
            hint="Give a bundle's name or folder, a recipe (.yaml), or a hub id.",
        )
    overrides = as_overrides(overrides)
    registry = registry or create_registry()
    found = find_recipe(source, overrides, registry)
    return plan(found.recipe, registry, source=found.source)


def find_recipe(source: str | Path, overrides: Iterable[str], registry: Registry) -> Found:
    """The recipe that `source` names."""
    name, path = str(source), Path(source)
    if name in registry.bundles:
        path = registry.bundles.get(name).folder()
        return Found(read_bundle(path, overrides), name)
    if (path / MANIFEST).is_file():
        return Found(read_bundle(path, overrides), name)
    if path.suffix in {".yaml", ".yml"}:
        return Found(load_recipe(path, overrides), name)
    if path.is_dir():
        inside = path / "bundle"  # where a training leaves it
        hint = f"Did you mean {inside}?" if (inside / MANIFEST).is_file() else None
        raise BundleError(f"{path} is not a bundle: it has no {MANIFEST}", hint=hint)
    if _HUB_ID.fullmatch(name) and not path.exists():
        return Found(read_bundle(_download(name), overrides), name)
    if name.startswith((".", "/", "~")):
        raise BundleError(f"There is no folder {name}")
    known = [entry.spec.name for entry in registry.bundles]
    raise UnknownNameError("model", name, known, blocked=registry.plugins.blocked)


def _download(hub_id: str) -> Path:
    """The manifest, then the files it names; nothing else of the repository is fetched."""
    folder = fetch_folder(hub_id, [MANIFEST])
    if not (folder / MANIFEST).is_file():
        raise BundleError(f"{hub_id} on the hub is not a bundle: it has no {MANIFEST}")
    # The same commit as the manifest, which is the name of the folder it lies in.
    return fetch_folder(hub_id, [*map(escape, read_manifest(folder)["files"])], folder.name)
