"""Rebuilds `sprites.png` from Debian's fonts-noto-color-emoji.

Run: ``python -m sensorium_pocket.world.build_sprites`` (needs that font, and Pillow with FreeType).
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from .sprites import COLUMNS, SPRITE_PIXELS, sheet_box
from .things import VARIANTS

FONT = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
_FONT_PIXELS = 109  # the only size this bitmap font holds


def draw_sprite(emoji: str, font: ImageFont.FreeTypeFont) -> Image.Image:
    """One emoji, cropped to its ink and fitted into a square of SPRITE_PIXELS."""
    canvas = Image.new("RGBA", (180, 180))
    ImageDraw.Draw(canvas).text((20, 20), emoji, font=font, embedded_color=True)
    box = canvas.getbbox()
    if box is None:
        raise ValueError(f"The font {FONT} draws nothing for {emoji!r} (things.py).")
    ink = canvas.crop(box).convert("RGBa")
    scale = SPRITE_PIXELS / max(ink.size)
    width, height = (max(1, round(side * scale)) for side in ink.size)
    ink = ink.resize((width, height), Image.Resampling.LANCZOS)
    sprite = Image.new("RGBa", (SPRITE_PIXELS, SPRITE_PIXELS))
    sprite.paste(ink, ((SPRITE_PIXELS - width) // 2, (SPRITE_PIXELS - height) // 2))
    return sprite.convert("RGBA")


def build() -> Image.Image:
    """The whole sheet, RGBA, COLUMNS sprites wide."""
    if not FONT.exists():
        raise FileNotFoundError(f"No font at {FONT}. Run: apt-get install fonts-noto-color-emoji")
    font = ImageFont.truetype(str(FONT), _FONT_PIXELS)
    rows = -(-len(VARIANTS) // COLUMNS)
    sheet = Image.new("RGBA", (COLUMNS * SPRITE_PIXELS, rows * SPRITE_PIXELS))
    for index, variant in enumerate(VARIANTS):
        sheet.paste(draw_sprite(variant.emoji, font), sheet_box(index))
    return sheet


if __name__ == "__main__":
    path = Path(__file__).with_name("sprites.png")
    build().save(path, optimize=True)
    print(f"{path}: {len(VARIANTS)} sprites, {path.stat().st_size / 1024:.0f} KiB")
