"""What a run's folder says: `run.json`, `log.jsonl`, `generations.jsonl` and the media."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sensorium.text_files import decode_leniently

from sensorium_trainers.errors import TrainingError
from sensorium_trainers.folder import GENERATIONS, LOG, PICTURES, RECORDINGS
from sensorium_trainers.record import read_record

Entry = Mapping[str, float]
"""One line of the log: numbers by name, `step` among them."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A validation sample: what was asked, and what was said at which steps, oldest first."""

    asked: str
    expected: str
    pictures: tuple[str, ...]
    """`data:` addresses."""

    recordings: tuple[str, ...]
    """`data:` addresses."""

    unseen: tuple[str, ...]
    """Modalities of media that no file was kept of."""

    said: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Story:
    """A run as its folder tells it. `record` is empty where `run.json` is missing."""

    folder: str
    record: Mapping[str, Any]
    entries: Sequence[Entry]
    shown: Sequence[Shown]


def read_story(output: Path) -> Story:
    """Torn and foreign lines are passed over; TrainingError where no entry is left."""
    entries = [numbers for line in _lines(output / LOG) if "step" in (numbers := _numbers(line))]
    if not entries:
        raise TrainingError(
            f"There is no log of a run in {output}",
            where=LOG,
            hint="Give the recipe's output folder.",
        )
    return Story(
        folder=output.resolve().name,
        record=read_record(output) or {},
        entries=entries,
        shown=_shown(output),
    )


def _shown(output: Path) -> list[Shown]:
    found: dict[int, list[dict[str, Any]]] = {}
    for line in _lines(output / GENERATIONS):
        if isinstance(line.get("sample"), int) and isinstance(line.get("step"), int):
            found.setdefault(line["sample"], []).append(line)
    return [_sample(lines, output) for lines in found.values()]


def _sample(lines: Sequence[Mapping[str, Any]], output: Path) -> Shown:
    first = lines[0]
    media = [item for item in first.get("media", ()) if isinstance(item, dict)]
    names = [Path(str(item["file"])).name for item in media if "file" in item]
    return Shown(
        asked=str(first.get("asked", "")),
        expected=str(first.get("expected", "")),
        pictures=_addresses(output / PICTURES, names, ".webp", "image/webp"),
        recordings=_addresses(output / RECORDINGS, names, ".wav", "audio/wav"),
        unseen=tuple(str(item.get("modality")) for item in media if "file" not in item),
        said=tuple((line["step"], str(line.get("said", ""))) for line in lines),
    )


def _addresses(folder: Path, names: Sequence[str], suffix: str, kind: str) -> tuple[str, ...]:
    """`names` without folders: a line of the log cannot name a file that lies elsewhere."""
    files = [folder / name for name in names if name.endswith(suffix)]
    return tuple(
        f"data:{kind};base64,{base64.b64encode(file.read_bytes()).decode()}"
        for file in files
        if file.is_file()
    )


def _lines(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    lines = []
    for line in decode_leniently(path.read_bytes()).splitlines():
        try:
            parsed = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(parsed, dict):
            lines.append(parsed)
    return lines


def _numbers(line: Mapping[str, Any]) -> dict[str, float]:
    return {
        name: value
        for name, value in line.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    }
