"""One run at a time in an output folder: a second would clear away what the first is writing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import TrainingError
from .folder import LOCK
from .writing import writing

try:
    import fcntl
except ImportError:  # Windows has no such locks
    fcntl = None  # type: ignore[assignment]


@contextmanager
def claimed(output: Path) -> Iterator[None]:
    """TrainingError where another process trains into this folder.

    The system's own lock ends with its process, however that ends, and unlike `filelock`'s is not
    handed down to the processes that read data: a run that was killed can go on at once.
    """
    if fcntl is None:
        yield
        return
    with writing(output / LOCK):
        file = (output / LOCK).open("w")
    with file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise TrainingError(
                f"Another process is training into {output}",
                hint="Wait for its end, stop it, or choose another output folder.",
            ) from error
        except OSError:  # a file system without locks
            pass
        yield
