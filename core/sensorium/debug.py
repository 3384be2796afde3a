"""What a person at this machine is told of an error; SENSORIUM_DEBUG=1 adds the traceback."""

from __future__ import annotations

import os

from .errors import SensoriumError, told

VARIABLE = "SENSORIUM_DEBUG"


def is_debugging() -> bool:
    """Whether the environment asks for tracebacks."""
    return os.environ.get(VARIABLE) == "1"


def explained(error: BaseException) -> str:
    """An error in one line, with its cause where that is a plugin's, and where to see more."""
    if isinstance(error, SensoriumError):
        text = one_line(told(error))
        return text if told(error) == str(error) else f"{text} ({VARIABLE}=1 shows where)"
    from .memory import is_exhausted

    if is_exhausted(error):
        return (
            "There is not enough memory for this. What a model takes says `sensorium doctor`, what "
            f"a training takes its --dry-run ({VARIABLE}=1 shows where it failed)"
        )
    place = "; ".join([*getattr(error, "__notes__", ()), f"unexpected; {VARIABLE}=1 shows where"])
    return f"{type(error).__name__}: {one_line(error)} ({place})"


def one_line(text: object, longest: int = 2000) -> str:
    """`text` without line breaks, cut where it is very long."""
    flat = " ".join(str(text).split())
    return flat if len(flat) <= longest else flat[: longest - 3] + "..."
