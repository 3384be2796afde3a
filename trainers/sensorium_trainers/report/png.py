"""A drawing as a PNG, with Pillow: for a slide, a chat, a place that shows no page."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageColor, ImageDraw, ImageFont

from .layout import FONT_SIZE, HEIGHT, WIDTH, Drawing

_SCALE = 2
_FINER = 2
"""Painted larger and made smaller, which smooths the lines."""

_COLOURS = {"grid": "#e5e7eb", "tick": "#6b7280", "curve-0": "#2563eb", "curve-1": "#ea580c"}
_ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}


def paint(title: str, drawing: Drawing, path: Path) -> None:
    """Write it; black on white, twice the size of the layout."""
    size = _SCALE * _FINER
    image = Image.new("RGB", (WIDTH * size, HEIGHT * size), "white")
    draw = ImageDraw.Draw(image, "RGBA")
    font = ImageFont.load_default(FONT_SIZE * size)
    for area in drawing.areas:
        draw.polygon([_scaled(point, size) for point in area.points], (*_rgb(area.role), 48))
    for line in drawing.lines:
        width = size if line.role == "grid" else 2 * size
        points = [_scaled(point, size) for point in line.points]
        draw.line(points, _rgb(line.role), width, joint="curve")
    for role, (x, y), _ in drawing.dots:
        draw.circle(_scaled((x, y), size), 2.5 * size, _rgb(role))
    for label in drawing.labels:
        at = _scaled((label.x, label.y), size)
        draw.text(at, label.text, _rgb(label.role), font, _ANCHORS[label.anchor])
    draw.text((4 * size, 16 * size), title, "#111827", font, "ls")
    small = image.resize((WIDTH * _SCALE, HEIGHT * _SCALE), Image.Resampling.LANCZOS)
    small.save(path, optimize=True)


def _scaled(point: tuple[float, float], size: int) -> tuple[float, float]:
    return point[0] * size, point[1] * size


def _rgb(role: str) -> tuple[int, int, int]:
    red, green, blue = ImageColor.getrgb(_COLOURS[role])[:3]
    return red, green, blue
