"""Log entries → charts: which curves there are, and what belongs together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .story import Entry

Point = tuple[float, float]
VALIDATION = "validation_"

_STEEP = 20
"""From this ratio of largest to smallest on, a curve of losses is drawn on a logarithmic scale."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Values by step."""

    label: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Curves on one scale. `name` is that of its file; `from_zero` shows shares as shares."""

    name: str
    title: str
    curves: tuple[Curve, ...]
    from_zero: bool = False
    logarithmic: bool = False


_FIXED = (
    ("learning-rate", "Learning rate", {"learning_rate": ""}, True),
    ("gradient-norm", "Gradient norm", {"grad_norm": ""}, False),
    ("tokens-per-second", "Tokens per second", {"tokens_per_second": ""}, True),
    ("flops-utilisation", "Share of peak FLOPs", {"flops_utilisation": ""}, True),
    ("memory", "Memory, GiB", {"memory_gib": "process", "vram_gib": "GPU, most"}, True),
)
_NO_CHART = {"step", "seconds", "loss", "steps_per_second", "samples_per_second"} | {
    name for _, _, names, _ in _FIXED for name in names
}


def charts_of(entries: Sequence[Entry]) -> list[Chart]:
    """Loss first, then its parts where they tell more, then how the run went."""
    learned = _compared(entries, "loss", "Loss")
    charts = [learned, *_parts(entries, learned)]
    for name, title, labels, from_zero in _FIXED:
        curves = tuple(_curve(entries, key, label) for key, label in labels.items())
        charts.append(_chart(name, title, curves, from_zero=from_zero))
    return [chart for chart in charts if chart.curves]


def _parts(entries: Sequence[Entry], learned: Chart) -> list[Chart]:
    named = {name.removeprefix(VALIDATION): None for entry in entries for name in entry}
    charts = []
    for name in named:
        if name not in _NO_CHART and not name.startswith("skipped_"):
            chart = _compared(entries, name, name.replace("_", " ").capitalize())
            if not _alike(chart, learned):
                charts.append(chart)
    return charts


def _alike(chart: Chart, other: Chart) -> bool:
    """Whether it shows the same: the only part of a loss is the loss, but for rounding."""
    mine, theirs = [dict(c.curves[0].points) if c.curves else {} for c in (chart, other)]
    return mine.keys() == theirs.keys() and all(
        abs(value - theirs[step]) <= 2e-4 + 1e-3 * abs(value) for step, value in mine.items()
    )


def _compared(entries: Sequence[Entry], name: str, title: str) -> Chart:
    curves = (_curve(entries, name, "training"), _curve(entries, VALIDATION + name, "validation"))
    # A name in the log is data, and becomes a file's.
    return _chart(re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60], title, curves)


def _chart(name: str, title: str, curves: tuple[Curve, ...], *, from_zero: bool = False) -> Chart:
    filled = tuple(curve for curve in curves if curve.points)
    values = [value for curve in filled for _, value in curve.points]
    steep = not from_zero and bool(values) and 0 < min(values) * _STEEP < max(values)
    return Chart(name, title, filled, from_zero=from_zero, logarithmic=steep)


def _curve(entries: Sequence[Entry], name: str, label: str) -> Curve:
    return Curve(label, tuple((entry["step"], entry[name]) for entry in entries if name in entry))
