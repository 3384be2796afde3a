"""Folders that are made from other files once, and then kept in the user's cache."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from .errors import ConfigError

VARIABLE = "SENSORIUM_CACHE"


def cache_folder() -> Path:
    """`$SENSORIUM_CACHE`, else `sensorium` in `$XDG_CACHE_HOME` or `~/.cache`."""
    if chosen := os.environ.get(VARIABLE):
        return Path(chosen).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "sensorium"


def made_once(kind: str, key: str, make: Callable[[Path], None]) -> Path:
    """The folder `kind/key` of the cache; where it is absent, `make(folder)` fills it first.

    `key` has to name the content it is made from, so that a folder never goes stale. Of several
    processes one makes it and the others wait for it. The folder appears whole or not at all:
    what a process left that was killed half-way is cleared away by the next.

    Raises ConfigError where nothing can be written there, and whatever `make` raises.
    """
    from filelock import FileLock

    target = cache_folder() / kind / key
    if target.is_dir():
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(target.with_name(f".{key}.lock")):
            if not target.is_dir():
                _make(target, make)
    except OSError as error:
        raise ConfigError(
            f"Cannot write to the cache {target.parent}: {error.strerror or error}",
            where=VARIABLE,
            hint=f"Free some space there, or set {VARIABLE} to another folder.",
        ) from error
    return target


def _make(target: Path, make: Callable[[Path], None]) -> None:
    scratch = target.with_name(f".{target.name}.part")  # nobody else's: the lock is ours
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    try:
        make(scratch)
        scratch.rename(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
