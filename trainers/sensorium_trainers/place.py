"""How far a run is in its data: the number of samples it has taken, kept in every checkpoint.

Steps times the samples of a step say it only as long as a step takes as many as it did.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from sensorium.text_files import read_text

from .grouping import Span

PLACE = "place.json"


@dataclass(frozen=True, slots=True)
class Place:
    """`samples` were taken, by all processes; the rest is how they were divided into steps.

    `groups` are the spans of data that is grouped by length, and nothing of any other. `order` says
    in words what else decides which sample stands where; "" in checkpoints that did not keep it.
    """

    samples: int
    batch_size: int
    accumulate: int
    processes: int
    groups: tuple[Span, ...] = ()
    order: str = ""

    @property
    def in_step(self) -> int:
        """Samples of a step."""
        return self.batch_size * self.accumulate * self.processes

    def ahead(self, samples: int) -> Place:
        """So many samples further on."""
        return replace(self, samples=self.samples + samples)

    def save(self, checkpoint: Path) -> None:
        """Write it into a checkpoint in the making."""
        (checkpoint / PLACE).write_text(json.dumps(asdict(self)), "utf-8")


def read_place(checkpoint: Path) -> Place | None:
    """None where an earlier version wrote the checkpoint."""
    if not (checkpoint / PLACE).is_file():
        return None
    held = json.loads(read_text(checkpoint / PLACE))
    groups = tuple((start, batch) for start, batch in held.pop("groups"))
    return Place(**held, groups=groups)


def what_changes(before: Place, now: Place, *, steps: int, packed: bool) -> Iterator[str]:
    """Lines for a run that goes on, with so many steps left, and other steps than it had."""
    if before.processes != now.processes:
        yield f"changed since the checkpoint: processes: {before.processes} → {now.processes}"
    if before.in_step != now.in_step:
        yield (
            f"a step takes {now.in_step:,} samples instead of {before.in_step:,}: the remaining "
            f"{steps:,} steps take {steps * now.in_step:,}, after {now.samples:,} so far"
        )
    if before.order and before.order != now.order:
        yield (
            f"the data stands in another order ({before.order} → {now.order}): in this epoch some "
            "samples may be read twice and others not at all"
        )
    if before.groups and now.groups and before.groups != now.groups:
        start, batch = now.groups[-1]
        yield (
            f"samples stay grouped by length as they were up to number {start:,}, with some more "
            f"padding; from there on they are grouped for batches of {batch:,}"
        )
    if packed and before.batch_size != now.batch_size:
        yield (
            f"rows are packed from {now.batch_size:,} samples instead of {before.batch_size:,}; "
            "padding may change, what a sample teaches does not"
        )
