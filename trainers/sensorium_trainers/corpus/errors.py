"""What can go wrong while a corpus is written or opened, besides what the recipe says."""

from __future__ import annotations

from sensorium.errors import SensoriumError


class CorpusError(SensoriumError):
    """A corpus that cannot be written or is damaged; parts that are whole are kept."""

    code = "corpus_failed"
