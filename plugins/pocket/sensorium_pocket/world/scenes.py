"""Scenes: what a picture holds, how one is sampled, and how it is drawn.

A scene is data; the same scene draws the same picture, at any size. Coordinates are in pixels of
the 96x96 picture whatever size is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .sprites import load_sprites, mean_colours
from .things import BACKGROUNDS, BY_NAME, THINGS, VARIANT_INDEX, Thing, article

PICTURE_PIXELS = 96
CELL_PIXELS = 32
TEXTURES: tuple[str, ...] = ("flat", "gradient", "noise", "stripes", "dots")

SMALLEST, LARGEST = 18.0, 36.0  # pixels, side of a sprite
_JITTER = (1.5, 6.0)  # pixels off the cell's middle; 0 would make the home patch a coin toss
_OVERHANG = 2.0  # pixels of a sprite that may leave the picture
_MIN_CONTRAST = 50.0  # RGB distance of a sprite's mean colour from the background
_TOTALS, _TOTAL_WEIGHTS = (1, 2, 3, 4, 5, 6), (8, 18, 22, 22, 18, 12)
# How many of the scene's first thing there are; the rest of the scene is filled up after it.
_REPEATS, _REPEAT_WEIGHTS = (1, 2, 3, 4, 5), (40, 19, 16, 13, 12)


@dataclass(frozen=True)
class Item:
    """One thing in a picture."""

    thing: str  # a name in things.BY_NAME
    colour: str | None  # only colourable things have one
    cell: int  # 0-8, reading order, see things.CELLS
    scale: float  # side of the sprite's square, pixels of the 96x96 picture
    box: tuple[float, float, float, float]  # left, top, right, bottom, before the rotation
    angle: float = 0.0  # degrees, counter-clockwise
    mirror: bool = False

    @property
    def label(self) -> str:
        """'cat' or 'red heart'."""
        return f"{self.colour} {self.thing}" if self.colour else self.thing

    @property
    def phrase(self) -> str:
        """'a cat', 'an orange heart'."""
        return f"{article(self.label)} {self.label}"

    @property
    def variant(self) -> int:
        """Index into things.VARIANTS."""
        return VARIANT_INDEX[self.thing, self.colour]

    @property
    def row(self) -> int:
        """0 top, 1 middle, 2 bottom."""
        return self.cell // 3

    @property
    def column(self) -> int:
        """0 left, 1 middle, 2 right."""
        return self.cell % 3

    @property
    def centre(self) -> tuple[float, float]:
        """(x, y) of the sprite's centre."""
        return (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2


@dataclass(frozen=True)
class Scene:
    """One picture: a background, and at most one item per cell, in reading order."""

    background: str  # a name in things.BACKGROUNDS
    texture: str  # one of TEXTURES
    items: tuple[Item, ...]
    noise_seed: int = 0  # shade, direction and noise of the background

    def count(self, thing: str, colour: str | None = None) -> int:
        """How many of a thing there are (of one colour, if given)."""
        return len(self.find(thing, colour))

    def find(self, thing: str, colour: str | None = None) -> tuple[Item, ...]:
        """The items that are this thing (of one colour, if given), in reading order."""
        return tuple(
            item
            for item in self.items
            if item.thing == thing and (colour is None or item.colour == colour)
        )

    def at(self, cell: int) -> Item | None:
        """The item in a cell."""
        return next((item for item in self.items if item.cell == cell), None)


def place_item(
    rng: Random, thing: str, colour: str | None, cell: int, scale: float | None = None
) -> Item:
    """An item in a cell, with its size, jitter, rotation and mirroring drawn from `rng`."""
    side = rng.uniform(SMALLEST, LARGEST) if scale is None else scale
    half = side / 2
    low, high = half - _OVERHANG, PICTURE_PIXELS - half + _OVERHANG
    row, column = divmod(cell, 3)
    x, y = (
        min(
            max((index + 0.5) * CELL_PIXELS + rng.uniform(*_JITTER) * rng.choice((-1, 1)), low),
            high,
        )
        for index in (column, row)
    )
    box = (x - half, y - half, x + half, y + half)
    return Item(thing, colour, cell, side, box, rng.uniform(-15, 15), rng.random() < 0.5)


def visible_colours(thing: Thing, background: str) -> list[str | None]:
    """The colours in which a thing stands out from a background ([None]: plain and visible)."""
    return [
        colour
        for colour in thing.colours or (None,)
        if colour != background and _contrast(VARIANT_INDEX[thing.name, colour], background)
    ]


def _contrast(variant: int, background: str) -> bool:
    distance = np.linalg.norm(mean_colours()[variant] - BACKGROUNDS[background])
    return bool(distance >= _MIN_CONTRAST)


def _sample_kind(
    rng: Random, background: str, taken: list[Thing]
) -> tuple[Thing, list[str | None]]:
    """A thing not taken yet, and its visible colours. One in four is colourable."""
    while True:
        thing = THINGS[-1 - rng.randrange(4)] if rng.random() < 0.25 else rng.choice(THINGS[:-4])
        colours = visible_colours(thing, background) if thing not in taken else []
        if colours:
            return thing, colours


def sample_scene(rng: Random) -> Scene:
    """A random scene of 1 to 6 items. One thing often occurs several times (counts up to 5)."""
    background = rng.choice(tuple(BACKGROUNDS))
    total = rng.choices(_TOTALS, _TOTAL_WEIGHTS)[0]
    repeats = rng.choices(_REPEATS, _REPEAT_WEIGHTS)[0]
    total = max(total, repeats)
    kinds: list[tuple[str, str | None]] = []
    taken: list[Thing] = []
    while len(kinds) < total:
        thing, colours = _sample_kind(rng, background, taken)
        wanted = repeats if not taken else rng.choice((1, 1, 1, 2))
        colour = rng.choice(colours)
        for _ in range(min(wanted, total - len(kinds))):
            kinds.append((thing.name, colour))
            if rng.random() < 0.5:
                colour = rng.choice(colours)
        taken.append(thing)
    rng.shuffle(kinds)
    cells = sorted(rng.sample(range(9), total))
    items = tuple(
        place_item(rng, name, colour, cell)
        for (name, colour), cell in zip(kinds, cells, strict=True)
    )
    return Scene(background, rng.choice(TEXTURES), items, rng.getrandbits(32))


def with_things_of(other: Scene, scene: Scene, rng: Random) -> Scene:
    """`scene` with one to three of its things exchanged for things of the other scene."""
    wanted = {(item.thing, item.colour): item for item in other.items}
    kinds = [
        (name, colour)
        for name, colour in wanted
        if colour in visible_colours(BY_NAME[name], scene.background)
    ]
    items = list(scene.items)
    number = min(rng.randint(1, 3), len(kinds), len(items))
    places = rng.sample(range(len(items)), number)
    for place, (name, colour) in zip(places, rng.sample(kinds, number), strict=True):
        items[place] = replace(items[place], thing=name, colour=colour)
    return replace(scene, items=tuple(items))


def _draw_background(scene: Scene) -> NDArray[np.uint8]:
    """[96, 96, 3] uint8. The shade varies a little, the colour's name never."""
    noise = np.random.Generator(np.random.PCG64(scene.noise_seed))
    side = PICTURE_PIXELS
    shade = np.array(BACKGROUNDS[scene.background], np.float32) + noise.uniform(-9, 9, 3)
    if scene.texture == "flat":
        return np.full((side, side, 3), np.clip(shade, 0, 255), np.uint8)
    x, y = np.arange(side, dtype=np.float32)[None, :], np.arange(side, dtype=np.float32)[:, None]
    angle = noise.uniform(0, 2 * np.pi)
    along = (np.cos(angle) * (x - side / 2) + np.sin(angle) * (y - side / 2)) / (side / 2)
    light = np.zeros((side, side), np.float32)  # added to all three channels, units of 0-255
    match scene.texture:
        case "gradient":
            light = 20 * along
        case "noise":
            light = noise.standard_normal((side, side), np.float32) * 9
        case "stripes":
            light = 8 * np.sign(np.sin(along * noise.uniform(14, 24)))
        case "dots":
            step = noise.uniform(0.5, 0.8)
            light = np.where(np.sin(x * step) + np.sin(y * step) > 1.2, 14, 0)
    pixels: NDArray[np.uint8] = np.clip(shade + light[..., None], 0, 255).astype(np.uint8)
    return pixels


def placed_sprite(item: Item, zoom: float = 1.0) -> tuple[Image.Image, tuple[int, int]]:
    """The item's sprite (RGBa), turned and resized, and where its top left corner goes."""
    sprite = load_sprites()[item.variant]
    if item.mirror:
        sprite = sprite.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    side = max(1, round(item.scale * zoom))
    sprite = sprite.resize((side, side), Image.Resampling.BICUBIC)
    if item.angle:
        sprite = sprite.rotate(item.angle, Image.Resampling.BICUBIC, expand=True)
    x, y = item.centre
    return sprite, (round(x * zoom - sprite.width / 2), round(y * zoom - sprite.height / 2))


def drawing_order(scene: Scene) -> list[int]:
    """Indices of the items, largest first, so that no small thing is hidden."""
    return sorted(range(len(scene.items)), key=lambda index: -scene.items[index].scale)


def draw(scene: Scene, size: int = PICTURE_PIXELS) -> Image.Image:
    """The picture, RGB, `size` pixels wide and high (96 is what the encoder sees)."""
    picture = Image.fromarray(_draw_background(scene))
    if size != PICTURE_PIXELS:
        picture = picture.resize((size, size), Image.Resampling.BICUBIC)
    for index in drawing_order(scene):
        sprite, corner = placed_sprite(scene.items[index], size / PICTURE_PIXELS)
        picture.paste(sprite.convert("RGBA"), corner, sprite.getchannel("a"))
    return picture
