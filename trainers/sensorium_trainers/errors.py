"""What can go wrong in a run, besides what the recipe says."""

from __future__ import annotations

from sensorium.errors import SensoriumError

EMPTY_TEXT = "The text is empty"
NOTHING_SAID = "The assistant says nothing in it, so there is nothing to learn"
"""Of a sample; the same for all formats."""


class TrainingError(SensoriumError):
    """A run that had to stop; earlier checkpoints are whole."""

    code = "training_failed"
