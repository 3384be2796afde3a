"""What can go wrong in a run, besides what the recipe says."""

from __future__ import annotations

from sensorium.errors import SensoriumError


class TrainingError(SensoriumError):
    """A run that had to stop; earlier checkpoints are whole."""

    code = "training_failed"
