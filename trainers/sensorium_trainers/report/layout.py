"""Charts → strokes, areas and labels in pixels, which the page and the pictures paint alike."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from .charts import Chart, Curve, Point

WIDTH, HEIGHT = 480, 250
FONT_SIZE = 12

_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 14, 30, 26
_MOST_POINTS = 240
"""More are drawn as their means, with an area from the lowest to the highest."""

_FEW_POINTS = 40
"""Up to so many, each has a dot."""

Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True)
class Shape:
    """A line through points, or the area inside of them; `role` decides the colour."""

    role: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Label:
    """A text whose baseline is at y."""

    role: str
    x: float
    y: float
    text: str
    anchor: Anchor = "start"


@dataclass
class Drawing:
    """What is painted, in this order."""

    areas: list[Shape] = field(default_factory=list)
    lines: list[Shape] = field(default_factory=list)
    dots: list[tuple[str, Point, str]] = field(default_factory=list)
    """Role, place and what it says."""

    labels: list[Label] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Scale:
    """Values → pixels, and the values that are marked."""

    place: Callable[[float], float]
    ticks: tuple[float, ...]


def layout(chart: Chart) -> Drawing:
    """Grid, curves, marks and legend of a chart of WIDTH x HEIGHT."""
    steps = [step for curve in chart.curves for step, _ in curve.points]
    values = [value for curve in chart.curves for _, value in curve.points]
    across = _linear(min(steps), max(steps), (_LEFT, WIDTH - _RIGHT), 5)
    span = (HEIGHT - _BOTTOM, _TOP)
    if chart.logarithmic:
        up = _logarithmic(min(values), max(values), span)
    else:
        up = _linear(0.0 if chart.from_zero else min(values), max(values), span, 4)
    drawing = Drawing()
    for tick in up.ticks:
        y = up.place(tick)
        drawing.lines.append(Shape("grid", ((_LEFT, y), (WIDTH - _RIGHT, y))))
        drawing.labels.append(Label("tick", _LEFT - 8, y + 4, short(tick), "end"))
    for tick in across.ticks:
        place = across.place(tick)
        drawing.labels.append(Label("tick", place, HEIGHT - 8, short(tick), "middle"))
    right = float(WIDTH - _RIGHT)
    for number, curve in reversed(list(enumerate(chart.curves))):
        role = f"curve-{number}"
        _draw(drawing, role, curve, across, up)
        text = f"{curve.label} {short(curve.points[-1][1])}".strip()
        drawing.labels.append(Label(role, right, _TOP - 14, text, "end"))
        right -= 8 * len(text) + 12
    return drawing


def _draw(drawing: Drawing, role: str, curve: Curve, across: Scale, up: Scale) -> None:
    thinned = thin(curve.points)
    low = [(across.place(x), up.place(least)) for x, least, _, _ in thinned]
    high = [(across.place(x), up.place(most)) for x, _, _, most in thinned]
    if low != high:
        drawing.areas.append(Shape(role, (*high, *reversed(low))))
    means = tuple((across.place(x), up.place(mean)) for x, _, mean, _ in thinned)
    drawing.lines.append(Shape(role, means))
    if len(curve.points) <= _FEW_POINTS:
        drawing.dots += [
            (role, (across.place(x), up.place(y)), f"step {x:,.0f}: {y:.4g}")
            for x, y in curve.points
        ]


def thin(points: Sequence[Point]) -> list[tuple[float, float, float, float]]:
    """→ (last step, lowest, mean, highest) of at most _MOST_POINTS neighbourhoods."""
    size = math.ceil(len(points) / _MOST_POINTS)
    groups = [points[at : at + size] for at in range(0, len(points), size)]
    found = []
    for group in groups:
        values = [value for _, value in group]
        found.append((group[-1][0], min(values), sum(values) / len(values), max(values)))
    return found


def short(value: float) -> str:
    """`12k`, `1,200`, `0.25`, `8e-4`."""
    if 0 < abs(value) < 1e-3:
        digits, _, power = f"{value:.2e}".partition("e")
        return f"{float(digits):g}e{int(power)}"
    for size, divisor, letter in ((1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e4, 1e3, "k")):
        if abs(value) >= size:
            return f"{value / divisor:.3g}{letter}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _linear(low: float, high: float, span: tuple[float, float], count: int) -> Scale:
    if high <= low:
        low, high = low - (abs(low) or 1) / 2, low + (abs(low) or 1) / 2
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = min((power * n for n in (1, 2, 5, 10)), key=lambda size: abs(math.log(size / rough)))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    ticks = tuple(round(number * step, 12) for number in range(first, last + 1))
    return Scale(_mapped(low, high, span), ticks)


def _logarithmic(low: float, high: float, span: tuple[float, float]) -> Scale:
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1, 2, 5), (1,)):
        ticks = [f * 10.0**power for power in powers for f in factors]
        shown = tuple(tick for tick in ticks if low <= tick <= high)
        if len(shown) <= 6:
            break
    place = _mapped(math.log10(low), math.log10(high), span)
    every = math.ceil(len(shown) / 8)
    return Scale(lambda value: place(math.log10(value)), shown[::every])


def _mapped(low: float, high: float, span: tuple[float, float]) -> Callable[[float], float]:
    start, end = span
    return lambda value: round(start + (value - low) / (high - low) * (end - start), 1)
