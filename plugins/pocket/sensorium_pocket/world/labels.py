"""What each patch of a picture shows: the targets of the encoder's supervised stage.

Shapes: P = 36 patches of 16x16 pixels, row by row (6 x 6), as CLIP numbers them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .scenes import PICTURE_PIXELS, SMALLEST, Item, Scene, drawing_order, placed_sprite
from .things import BACKGROUNDS, VARIANTS

PATCH_PIXELS = 16
GRID = PICTURE_PIXELS // PATCH_PIXELS
PATCHES = GRID * GRID
THING_CLASSES = 1 + len(VARIANTS)
CELL_CLASSES = 1 + 9
SIZE_CLASSES = 1 + 9
BACKGROUND_CLASSES = len(BACKGROUNDS)

_SIZE_STEP = 2.0  # pixels; which of two things is bigger shows in steps this fine
_SIZE_WORDS = ((24.0, "small"), (30.0, "medium"), (float("inf"), "large"))  # below so many pixels
_MIN_SHARE = 0.3  # of a patch that an item must cover to own it
_BACKGROUND_INDEX = {name: index for index, name in enumerate(BACKGROUNDS)}


@dataclass(frozen=True)
class DenseLabels:
    """Labels of one picture. An item's home patch is always its own, even if thinly covered."""

    thing: NDArray[np.int64]  # [P] 0 background, else 1 + index into things.VARIANTS
    cell: NDArray[np.int64]  # [P] 0 background, else 1 + the item's cell
    size: NDArray[np.int64]  # [P] 0 background, else its size_class
    home: NDArray[np.bool_]  # [P] true on the patch that holds an item's centre: one per item
    item: NDArray[np.int64]  # [P] index into scene.items, -1 on background
    background: int  # index into things.BACKGROUNDS


def size_class(scale: float) -> int:
    """1 (smallest) to SIZE_CLASSES - 1."""
    return 1 + min(int((scale - SMALLEST) / _SIZE_STEP), SIZE_CLASSES - 2)


def size_word(scale: float) -> str:
    """'small', 'medium' or 'large'."""
    return next(word for limit, word in _SIZE_WORDS if scale < limit)


def home_patch(item: Item) -> int:
    """The patch that holds the item's centre."""
    x, y = item.centre
    return int(y // PATCH_PIXELS) * GRID + int(x // PATCH_PIXELS)


def _coverage(scene: Scene) -> NDArray[np.float64]:
    """[items, P] share of each patch on which each item is what one sees."""
    owner = np.zeros((PICTURE_PIXELS, PICTURE_PIXELS), np.int64)  # 0 none, else 1 + item
    for index in drawing_order(scene):
        sprite, (x, y) = placed_sprite(scene.items[index])
        left, top = max(0, -x), max(0, -y)
        ink = np.asarray(sprite.getchannel("a"))[
            top : PICTURE_PIXELS - y, left : PICTURE_PIXELS - x
        ]
        window = owner[y + top : y + top + ink.shape[0], x + left : x + left + ink.shape[1]]
        window[ink > 127] = index + 1
    patches = owner.reshape(GRID, PATCH_PIXELS, GRID, PATCH_PIXELS).swapaxes(1, 2)
    keys = patches.reshape(PATCHES, -1) + np.arange(PATCHES)[:, None] * (len(scene.items) + 1)
    counts = np.bincount(keys.ravel(), minlength=PATCHES * (len(scene.items) + 1))
    shares = counts.reshape(PATCHES, -1)[:, 1:].T / PATCH_PIXELS**2
    return np.asarray(shares, np.float64)


def dense_labels(scene: Scene) -> DenseLabels:
    """The labels of every patch of `scene`, as drawn at 96x96."""
    item = np.full(PATCHES, -1, np.int64)
    home = np.zeros(PATCHES, np.bool_)
    if scene.items:
        shares = _coverage(scene)
        item = np.where(shares.max(0) >= _MIN_SHARE, shares.argmax(0), -1)
    for index, placed in enumerate(scene.items):
        home[home_patch(placed)] = True
        item[home_patch(placed)] = index
    # The last row, picked by -1, is the background's.
    table = [(1 + it.variant, 1 + it.cell, size_class(it.scale)) for it in scene.items]
    labels = np.array([*table, (0, 0, 0)], np.int64)[item]
    return DenseLabels(
        thing=labels[:, 0],
        cell=labels[:, 1],
        size=labels[:, 2],
        home=home,
        item=item,
        background=_BACKGROUND_INDEX[scene.background],
    )
