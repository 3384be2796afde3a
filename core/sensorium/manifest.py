"""The manifest of a bundle: read, checked against every file, and turned into a recipe."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from .config import Recipe, overlay, resolve_paths
from .errors import BundleError
from .fingerprint import file_sha256
from .text_files import read_text

MANIFEST = "sensorium.json"
FORMAT = 1

_WEIGHTS = ("checkpoint", "adapter", "weights")
"""Options that name weights, whatever the plugin."""


def read_bundle(folder: Path, overrides: Iterable[str] = ()) -> Recipe:
    """The recipe of a bundle whose every file is as the manifest says; BundleError otherwise."""
    manifest = read_manifest(folder)
    _verify(folder, manifest["files"])
    try:
        tree = _placed(manifest["recipe"], folder, manifest["files"])
    except RecursionError as error:
        raise BundleError(f"The manifest of {folder} is nested too deeply") from error
    return overlay(Recipe, tree, folder / MANIFEST, overrides)


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest, checked for its form."""
    path = folder / MANIFEST
    try:
        manifest: dict[str, Any] = json.loads(read_text(path))
    except FileNotFoundError as error:
        raise BundleError(f"{folder} is not a bundle: it has no {MANIFEST}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise BundleError(f"The manifest {path} cannot be read") from error
    well_formed = (
        isinstance(manifest, dict)
        and isinstance(manifest.get("recipe"), dict)
        and isinstance(manifest.get("files"), dict)
    )
    if not well_formed:
        raise BundleError(f"The manifest {path} is not a bundle's manifest")
    if manifest.get("format") != FORMAT:
        raise BundleError(
            f"The bundle {folder} has format {manifest.get('format')}; this version reads {FORMAT}",
            hint="Update sensorium.",
        )
    return manifest


def describe_file(path: Path) -> dict[str, Any]:
    """What the manifest says about a file: its size and its SHA-256."""
    return {"bytes": path.stat().st_size, "sha256": file_sha256(path)}


def _verify(folder: Path, files: dict[str, Any]) -> None:
    """Every file is as the manifest says, and none lies beside them that a plugin might read."""
    for relative, expected in files.items():
        if _leads_outside(relative):
            raise BundleError(f"The bundle {folder} names a file outside of itself: {relative}")
        path = folder / relative
        if not path.is_file():
            raise BundleError(f"The bundle {folder} misses its file {relative}")
        if describe_file(path) != expected:
            raise BundleError(
                f"{relative} in the bundle {folder} is not the file that was saved (its SHA-256 "
                "differs)",
                hint="Fetch or build the bundle again.",
            )
    for place in sorted({relative.split("/")[0] for relative in files if "/" in relative}):
        for path in (folder / place).rglob("*"):
            relative = path.relative_to(folder).as_posix()
            if path.is_file() and relative not in files:
                raise BundleError(f"{relative} in the bundle {folder} was not saved with it")


def _placed(tree: dict[str, Any], folder: Path, files: dict[str, Any]) -> dict[str, Any]:
    for key, value in _texts([tree.get("llm"), tree.get("encoders")]):
        # What says where weights lie must lie here; elsewhere no hash covers it.
        if _leads_outside(value) or (key in _WEIGHTS and not value.startswith("./")):
            raise BundleError(f"The bundle {folder} points outside of itself: {value}")
        place = value.removeprefix("./")
        listed = any(name == place or name.startswith(f"{place}/") for name in files)
        if value.startswith("./") and not listed:
            raise BundleError(f"The bundle {folder} has no hash for its part {value}")
    return resolve_paths(tree, folder)


def _texts(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a tree with the key it stands under."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for inner, item in value.items():
            yield from _texts(item, inner)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, key)


def _leads_outside(path: str) -> bool:
    return path.startswith(("/", "~", "\\")) or ".." in PurePosixPath(path).parts
