"""Samples that cannot be used are left out and counted; too many end the command."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from sensorium.errors import MediaError, SampleError

from .errors import CorpusError

_REASONS = 5
_FIRST = 1000
"""The share is judged as if a part had at least so many samples, as in training."""


class Usable:
    """`with usable:` passes over one sample that cannot be used; too many end the command."""

    def __init__(self, share: float, samples: int) -> None:
        self._allowed = share * max(samples, _FIRST)
        self._skipped = 0
        self._reasons: list[str] = []

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if not isinstance(error, SampleError | MediaError):
            return False
        self._skipped += 1
        if len(self._reasons) < _REASONS:
            self._reasons.append(" ".join(str(error).split())[:500])
        if self._skipped > self._allowed:
            raise CorpusError(
                f"{self._skipped:,} samples of one part cannot be used, the first: "
                f"{self._reasons[0]}",
                where="max_skipped_share",
                hint="Repair the data, or allow more; parts that are whole are kept.",
            ) from error
        return True

    def counted(self) -> dict[str, Any]:
        """`skipped` and the first `reasons`; nothing where all could be used."""
        return {"skipped": self._skipped, "reasons": self._reasons} if self._skipped else {}
