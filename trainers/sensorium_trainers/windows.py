"""Sources in which far jumps are slow: random order in windows, one window after another.

Legend: N samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from sensorium.errors import ConfigError
from sensorium.specs import SampleSource


@runtime_checkable
class Windowed(Protocol):
    """What such a source says of itself; it is shuffled by the mixture alone, never beyond it."""

    window: int
    """So many neighbours are quick to read in any order."""
    forward: bool
    """Whether windows must follow one another as they are, as in a stream."""


def order(source: SampleSource, random: np.random.Generator) -> NDArray[np.int64]:
    """A random order of a source's samples, [N]; within windows where it has any."""
    size = len(source)
    if not isinstance(source, Windowed):
        return random.permutation(size)
    starts = np.arange(0, size, source.window)
    if not source.forward:
        random.shuffle(starts)
    return np.concatenate(
        [start + random.permutation(min(source.window, size - start)) for start in starts.tolist()]
    )


def neighbours(source: SampleSource, index: int) -> range:
    """Which samples may stand for another: those of its window, or all."""
    everything = range(len(source))
    if not isinstance(source, Windowed):
        return everything
    start = index - index % source.window
    return everything[start : start + source.window]


def refuse_jumps(sources: Sequence[SampleSource], *, shuffle: bool, processes: int) -> None:
    """ConfigError where a stream would be read in random order, or at several places at once."""
    for number, source in enumerate(sources):
        if isinstance(source, Windowed) and source.forward and (shuffle or processes > 1):
            raise ConfigError(
                "A stream can only be read from its beginning to its end, by one process",
                where=f"data.{number}",
                hint="Set `shuffle: false`." if shuffle else "Use one process.",
            )


def refuse_second_reading(sources: Sequence[SampleSource]) -> None:
    """ConfigError where samples would be read ahead, to learn their length, and then again."""
    for number, source in enumerate(sources):
        if isinstance(source, Windowed) and source.forward:
            raise ConfigError(
                "A stream is read forward only: it cannot be grouped by length",
                where=f"group_by_length, data.{number}",
                hint="Use `row_positions` instead.",
            )
