"""A folder of numbered parts, each whole or absent, made by one or several processes.

What is in part n depends on the plan and n alone. So a folder that was begun can be finished by
anybody, after a kill at any moment, and is in the end the same to the last byte.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sensorium.errors import ConfigError
from sensorium.fingerprint import file_sha256
from sensorium.text_files import read_text

from sensorium_trainers.writing import advice, write_whole

from .errors import CorpusError

MANIFEST = "manifest.json"
_PLAN = "plan.json"
_PARTIAL = ".partial"

Entry = dict[str, Any]
"""What the manifest says of a part: its files with their hashes, and what was counted."""
Write = Callable[[int, Path], Entry]
"""`write(number, folder)` writes the files of one part into an empty folder → what it counted."""
Report = Callable[[str], None]


def build(
    output: Path, plan: Mapping[str, Any], count: int, write: Write, processes: int, report: Report
) -> Entry:
    """Make the parts that are missing, then the manifest: the plan, and `parts` → the manifest.

    ConfigError where the folder holds something else; CorpusError where it cannot be written.
    Parts that are whole stay in both cases, and the next call goes on from them.
    """
    with _explained(output):
        output.mkdir(parents=True, exist_ok=True)
        _claim(output, json.loads(json.dumps(plan)))
        parts = {number: entry for number in range(count) if (entry := _whole(output, number))}
        missing = [number for number in range(count) if number not in parts]
        if parts:
            report(f"{len(parts):,} of {count:,} parts are there already")
        for number, entry in _made(output, missing, write, processes):
            parts[number] = entry
            counted = ", ".join(f"{v:,} {k}" for k, v in entry.items() if isinstance(v, int) and v)
            report(f"{len(parts):,} of {count:,} parts, the last with {counted}")
        for left in (*output.glob(".part-*"), *output.glob(f"*{_PARTIAL}")):  # of killed processes
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        manifest = {**plan, "parts": [parts[number] for number in range(count)]}
        _write_whole(output / MANIFEST, manifest)
    return manifest


def _claim(output: Path, plan: Mapping[str, Any]) -> None:
    """Say whose folder this is; ConfigError where it is another's."""
    place = output / _PLAN
    if not place.exists():
        if any(path.suffix != _PARTIAL for path in output.iterdir()):
            raise ConfigError(
                f"{output} holds something else", where="output", hint="Choose an empty folder."
            )
        _write_whole(place, plan)
        return
    held = _object(place) or {}
    changed = [key for key in sorted(held.keys() | plan.keys()) if held.get(key) != plan.get(key)]
    if changed:
        raise ConfigError(
            f"{output} was begun from something else: {', '.join(changed)} changed",
            where="output",
            hint="Choose another output, or move that folder away.",
        )


def _made(
    output: Path, missing: Sequence[int], write: Write, processes: int
) -> Iterator[tuple[int, Entry]]:
    """Make each part; yields its number and entry once it is whole."""
    if processes == 1 or len(missing) < 2:
        for number in missing:
            yield number, _make(output, number, write)
        return
    try:
        # A fork shares what is open: sources and plugins need not be pickled, numbers are.
        forked = multiprocessing.get_context("fork")
    except ValueError as error:
        raise ConfigError(
            "This system cannot share open data between processes",
            where="processes",
            hint="Set it to 1.",
        ) from error
    with ProcessPoolExecutor(processes, forked, _share, (output, write)) as pool:
        futures = {pool.submit(_make_shared, number): number for number in missing}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BrokenProcessPool as error:
            raise CorpusError(
                "One of the processes was ended from outside, perhaps for want of memory",
                where=str(output),
                hint="Run the same command again to go on, with fewer `processes`.",
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


_shared: tuple[Path, Write]
"""Set once in every process of a pool, which is given functions by their names only."""


def _share(output: Path, write: Write) -> None:
    global _shared
    _shared = (output, write)


def _make_shared(number: int) -> Entry:
    output, write = _shared
    return _make(output, number, write)


def _make(output: Path, number: int, write: Write) -> Entry:
    """One part: written in a folder of its own, flushed, moved, and only then listed."""
    staging = output / f".part-{number:05}-{os.getpid()}"
    staging.mkdir(exist_ok=True)
    try:
        counted = write(number, staging)
        files = sorted(staging.iterdir())
        entry: Entry = {"files": {path.name: file_sha256(path) for path in files}, **counted}
        for path in files:
            with path.open("rb") as file:
                os.fsync(file.fileno())
            os.replace(path, output / path.name)
        _write_whole(output / f"{number:05}.json", entry)
    finally:
        shutil.rmtree(staging)
    return entry


def _whole(output: Path, number: int) -> Entry | None:
    """What is known of a part, if all its files are there and unchanged."""
    entry = _object(output / f"{number:05}.json")
    try:
        if entry and all(
            file_sha256(output / name) == kept for name, kept in entry["files"].items()
        ):
            return entry
    except (OSError, KeyError, TypeError, AttributeError):
        pass
    return None


def _object(path: Path) -> Entry | None:
    try:
        found = json.loads(read_text(path))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _write_whole(path: Path, content: Mapping[str, Any]) -> None:
    partial = path.with_name(f"{path.name}.{os.getpid()}{_PARTIAL}")
    write_whole(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n", partial)


@contextmanager
def _explained(output: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise CorpusError(
            f"It cannot be written: {reason}",
            where=str(output),
            hint=advice(reason, "Parts that are whole are kept"),
        ) from error
