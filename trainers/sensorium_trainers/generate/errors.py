"""What can go wrong while a corpus is generated, besides what the recipe says."""

from __future__ import annotations

from sensorium.errors import SensoriumError


class GenerationError(SensoriumError):
    """Generation had to stop; every answer so far is kept in the cache."""

    code = "generation_failed"


class UnansweredError(GenerationError):
    """One request that failed in all its attempts."""

    code = "unanswered"
