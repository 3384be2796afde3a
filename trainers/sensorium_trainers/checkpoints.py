"""Checkpoints on the disk, whole or absent: made beside their place, flushed, then renamed.

transformers' Trainer writes straight into `checkpoint-N`; a kill would leave a torn folder that
looks newest. `saving.py` says what is in them.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

from sensorium.fingerprint import file_sha256
from sensorium.text_files import read_text

from .folder import OF_A_RUN, STAGING
from .log import Report

MANIFEST = "manifest.json"
WEIGHTS = "model.safetensors"
_NAME = re.compile(r"checkpoint-(\d+)")


def checkpoints(output: Path) -> list[Path]:
    """Complete checkpoints, oldest first."""
    found = [path for path in output.glob("checkpoint-*") if _NAME.fullmatch(path.name)]
    return sorted(found, key=step_of)


def step_of(checkpoint: Path) -> int:
    """The number in its name."""
    return int(checkpoint.name.partition("-")[2])


def newest_checkpoint(output: Path, report: Report | None = None) -> Path | None:
    """The newest one whose files are all as its manifest says; damaged ones are reported."""
    for path in reversed(checkpoints(output)):
        problem = damage(path)
        if problem is None:
            return path
        if report is not None:
            report(f"{path.name} is damaged and passed over: {problem}")
    return None


def damage(folder: Path) -> str | None:
    """What is wrong with a checkpoint; None where every file is there and unchanged."""
    try:
        files = json.loads(read_text(folder / MANIFEST))
    except (OSError, ValueError):
        return f"{MANIFEST} is missing or torn"
    if not isinstance(files, dict) or WEIGHTS not in files:
        return f"{MANIFEST} names no weights"
    for name, digest in files.items():
        try:
            if file_sha256(folder / name) != digest:
                return f"{name} is not what was written"
        except OSError:
            return f"{name} is missing"
    return None


def set_aside(output: Path) -> Path | None:
    """Move all of an earlier run into a folder of its own → that folder.

    Checkpoints that are left where they are would outlive those of the new run, being further on,
    and what was exported would be overwritten. Files that no run writes stay.
    """
    of_a_run = (output / name for name in OF_A_RUN)
    earlier = [*checkpoints(output), *(path for path in of_a_run if path.exists())]
    if not earlier:
        return None
    number = 1
    while (place := output / f"earlier-{number}").exists():
        number += 1
    place.mkdir()
    for path in earlier:
        path.rename(place / path.name)
    return place


def make_anew(folder: Path) -> None:
    """An empty folder for a checkpoint in the making."""
    clear(folder.parent.parent)
    folder.mkdir(parents=True)


def clear(output: Path) -> None:
    """Remove what a save that was killed or failed has left."""
    shutil.rmtree(output / STAGING, ignore_errors=True)


def publish(staged: Path, place: Path) -> None:
    """Seal a finished checkpoint and put it in its place, in one step."""
    seal(staged)
    shutil.rmtree(place, ignore_errors=True)
    staged.rename(place)
    flush(place.parent)


def seal(folder: Path) -> None:
    """Write the manifest and flush everything to the disk."""
    inside = sorted(folder.rglob("*"))
    files = {p.relative_to(folder).as_posix(): file_sha256(p) for p in inside if p.is_file()}
    (folder / MANIFEST).write_text(json.dumps(files, indent=1), "utf-8")
    for path in (*inside, folder / MANIFEST, folder):
        flush(path)


def flush(path: Path) -> None:
    """Wait until a file, or the entries of a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def prune(output: Path, step: int, keep: int) -> None:
    """Remove all but the newest up to `step`.

    A damaged one further on, which the run went back behind, must not push out this one.
    """
    so_far = [path for path in checkpoints(output) if step_of(path) <= step]
    for old in so_far[:-keep]:
        shutil.rmtree(old)
