"""What can go wrong in a run, besides what the recipe says."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from sensorium.debug import VARIABLE, is_debugging
from sensorium.errors import PluginError, SensoriumError, told

EMPTY_TEXT = "The text is empty"
NOTHING_SAID = "The assistant says nothing in it, so there is nothing to learn"
"""Of a sample; the same for all formats."""


class TrainingError(SensoriumError):
    """A run that had to stop; earlier checkpoints are whole."""

    code = "training_failed"


@contextmanager
def sample_at(place: str) -> Iterator[None]:
    """Errors raised inside concern the sample at `place`; a plugin's own become PluginError."""
    try:
        yield
    except SensoriumError as error:
        raise error if error.where else error.at(place) from error.__cause__
    except Exception as error:
        kind = type(error).__name__
        raise PluginError(
            f"A sample could not be read or prepared ({kind})", where=place
        ) from error


def text_of(error: Exception) -> str:
    """What another process is told of it, now while it is handled: its traceback stays here."""
    if is_debugging():
        traceback.print_exc()
    text = told(error) if isinstance(error, SensoriumError) else f"{type(error).__name__}: {error}"
    return text if text == str(error) else f"{text} ({VARIABLE}=1 shows where)"
