"""Loads the sprite sheet: one 48-pixel square per variant, in the order of `things.VARIANTS`."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .things import VARIANTS

SPRITE_PIXELS = 48
COLUMNS = 12


def sheet_box(index: int) -> tuple[int, int, int, int]:
    """Where the sheet holds sprite `index`: (left, top, right, bottom) in pixels."""
    left, top = index % COLUMNS * SPRITE_PIXELS, index // COLUMNS * SPRITE_PIXELS
    return left, top, left + SPRITE_PIXELS, top + SPRITE_PIXELS


@cache
def load_sprites() -> tuple[Image.Image, ...]:
    """All sprites, RGBA with premultiplied alpha, so that resizing leaves no dark rims."""
    with files(__package__).joinpath("sprites.png").open("rb") as file:
        sheet = Image.open(file).convert("RGBA").convert("RGBa")
    return tuple(sheet.crop(sheet_box(index)) for index in range(len(VARIANTS)))


@cache
def mean_colours() -> NDArray[np.float64]:
    """[variants, 3] mean RGB (0-255) of each sprite's opaque part, to judge contrast."""
    sums = np.array([np.asarray(sprite, float).sum((0, 1)) for sprite in load_sprites()])
    means: NDArray[np.float64] = 255 * sums[:, :3] / sums[:, 3:]
    return means
