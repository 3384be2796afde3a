"""How many samples of a run could not be used, and why; too many end it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from sensorium.text_files import read_text

from .errors import TrainingError
from .log import Report
from .reading import Taken

SAMPLES = "samples.json"
"""Part of a checkpoint, so that a run that goes on counts on."""

_REASONS = 5
_FIRST = 1000
"""The share is judged as if at least so many samples had been read."""


class Skipped:
    """Counted when a batch is used, over all processes that train."""

    def __init__(self, share: float, report: Report) -> None:
        self.count = 0
        self.read = 0
        self.reasons: list[str] = []
        self._share = share
        self._report = report

    def add(self, batches: Sequence[Taken]) -> None:
        """Of a step, those of all processes: so all come to the same judgement.

        TrainingError where too many samples were skipped so far, or no other was found for one.
        """
        for each in batches:
            if each.failure is not None:
                raise each.failure
            self.read += each.samples
            self.count += len(each.skipped)
            for reason in each.skipped:
                if reason not in self.reasons and len(self.reasons) < _REASONS:
                    self.reasons.append(reason)
                    self._report(f"skipped: {reason}")
        for each in batches:
            if each.counts is None:
                raise TrainingError(
                    f"Of {len(each.skipped)} samples tried in one place none could be used, the "
                    f"last: {each.skipped[-1]}",
                    where="data",
                    hint="The data may be of another form than the recipe says, or the media "
                    "missing.",
                )
        allowed = self._share * max(self.read, _FIRST)
        if self.count > allowed:
            raise TrainingError(
                f"{self.summary()}; more than {allowed:,.0f} end a run",
                where="max_skipped_share",
                hint="Repair the data, or allow more; checkpoints are as they were.",
            )

    def summary(self) -> str:
        """`2 of 8,000 samples could not be used, the first: …`; empty where all could."""
        if not self.count:
            return ""
        return (
            f"{self.count:,} of {self.read:,} samples could not be used, the first: "
            f"{self.reasons[0]}"
        )

    def save(self, checkpoint: Path) -> None:
        """Write what was counted."""
        held = {"read": self.read, "skipped": self.count, "reasons": self.reasons}
        (checkpoint / SAMPLES).write_text(json.dumps(held, ensure_ascii=False), "utf-8")

    def load(self, checkpoint: Path) -> None:
        """Count on; checkpoints of earlier versions have no count."""
        if (checkpoint / SAMPLES).is_file():
            held = json.loads(read_text(checkpoint / SAMPLES))
            self.read, self.count = held["read"], held["skipped"]
            self.reasons = list(held["reasons"])
