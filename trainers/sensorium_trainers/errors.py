"""What can go wrong in a run, besides what the recipe says."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from sensorium.debug import explained, is_debugging
from sensorium.errors import SensoriumError

EMPTY_TEXT = "The text is empty"
NOTHING_SAID = "The assistant says nothing in it, so there is nothing to learn"
"""Of a sample; the same for all formats."""


class TrainingError(SensoriumError):
    """A run that had to stop; earlier checkpoints are whole."""

    code = "training_failed"


@contextmanager
def sample_at(place: str) -> Iterator[None]:
    """Errors raised inside concern the sample at `place`; one that is not ours carries a note."""
    try:
        yield
    except SensoriumError as error:
        raise error if error.where else error.at(place) from error.__cause__
    except Exception as error:
        error.add_note(place)
        raise


def text_of(error: Exception) -> str:
    """What another process is told of it, now while it is handled: its traceback stays here."""
    if is_debugging():
        traceback.print_exc()
    return explained(error)
