"""Reads pictures from anywhere into RGB, within limits, as a person would see them."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from sensorium.errors import MediaError, placed
from sensorium.media.arrays import is_array, picture_of
from sensorium.media.item import Media
from sensorium.media.late import LateMedia
from sensorium.media.reading import read_bytes

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
"""What is decoded, whatever the file's name says; Pillow's other decoders are never reached."""


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """What is refused before anything is decoded."""

    max_bytes: int = 20 * 2**20
    max_pixels: int = 50_000_000


DEFAULT_LIMITS = ImageLimits()


def read_image(
    source: str | Path | bytes | BinaryIO | Image.Image | NDArray[Any],
    limits: ImageLimits = DEFAULT_LIMITS,
) -> Media:
    """A picture as RGB media: EXIF rotation applied, transparency on white, first frame only.

    `source` is a file's path, its bytes, an open file, a PIL image, or a numpy array [H, W],
    [H, W, 3] (RGB) or [H, W, 4] (RGBA): uint8, or floating point from 0 to 1.

    Raises MediaError where the source is no picture of an allowed format, is truncated, or is
    larger than `limits`; the size is checked from the header, before pixels are decoded.
    InputTypeError where `source` is something else.
    """
    data = None
    if is_array(source):
        source = picture_of(source)
    if isinstance(source, Image.Image):
        _check_size(source.size, limits)
        with _errors_named(limits):
            picture = _as_seen(source)
    else:
        data = read_bytes(source, most=limits.max_bytes, kind="picture")
        if not data:
            raise MediaError("The picture is empty")
        with _errors_named(limits), Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            _check_size(opened.size, limits)
            opened.load()
            picture = _as_seen(opened)
    size = f"{picture.width}x{picture.height}".encode()
    digest = hashlib.sha256(size + b"\0" + picture.tobytes()).hexdigest()
    return Media("image", digest, picture, data)


def open_image(source: str | Path | bytes, limits: ImageLimits = DEFAULT_LIMITS) -> Media:
    """As `read_image`, but the pixels are decoded when they are first asked for.

    Raises MediaError at once for all that the header shows: another format, a size over `limits`.
    A file that is damaged further on raises it, with its name, where `value` is asked for.
    """
    data = read_bytes(source, most=limits.max_bytes, kind="picture")
    if not data:
        raise MediaError("The picture is empty")
    with _errors_named(limits), Image.open(io.BytesIO(data), formats=FORMATS) as opened:
        _check_size(opened.size, limits)

    def decode() -> Media:
        if isinstance(source, bytes):
            return read_image(data, limits)
        with placed(str(source)):
            return read_image(data, limits)

    return LateMedia("image", f"file {hashlib.sha256(data).hexdigest()}", decode)


def is_picture(data: bytes) -> bool:
    """Whether a file that begins like this is in one of FORMATS, as far as its header tells."""
    try:
        with _errors_named(DEFAULT_LIMITS), Image.open(io.BytesIO(data), formats=FORMATS):
            return True
    except MediaError as error:
        return not isinstance(error.__cause__, UnidentifiedImageError)


@contextmanager
def _errors_named(limits: ImageLimits) -> Iterator[None]:
    """Whatever a decoder raises becomes a MediaError, and it warns of nothing."""
    try:
        # Pillow only warns between one and two times its own pixel limit; ours decides here.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except UnidentifiedImageError as error:
        raise MediaError(
            f"This is not a picture in a known format ({', '.join(FORMATS)})"
        ) from error
    except Image.DecompressionBombError as error:
        raise MediaError(_too_large(limits)) from error
    except MediaError:
        raise
    except Exception as error:
        # Damaged files make decoders raise nearly anything: struct.error, IndexError, …
        raise MediaError("The picture is damaged or incomplete") from error


def _check_size(size: tuple[int, int], limits: ImageLimits) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise MediaError("The picture is empty")
    if width * height > limits.max_pixels:
        raise MediaError(_too_large(limits))


def _too_large(limits: ImageLimits) -> str:
    return f"The picture has more than {limits.max_pixels / 1e6:.0f} million pixels"


def _as_seen(picture: Image.Image) -> Image.Image:
    """RGB, upright, on white where it was transparent."""
    picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I;16"):
        picture = _grey(picture, white=65535)
    elif picture.mode in {"I", "F"}:
        picture = _grey(picture, _white(picture))
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture)
    return picture.convert("RGB")


def _grey(picture: Image.Image, white: float) -> Image.Image:
    """Deep grey in 8 bits, which Pillow alone would clip at 255 instead of scaling it.

    Of values that are no numbers, infinity is white and the others are black.
    """
    values = np.multiply(np.asarray(picture), 255 / white, dtype=np.float64)
    np.nan_to_num(values, copy=False, nan=0, posinf=255, neginf=0)
    return Image.fromarray(values.clip(0, 255, out=values).astype(np.uint8))


def _white(picture: Image.Image) -> float:
    """32-bit grey says nowhere what white is: the smallest usual range that holds its values."""
    values = np.asarray(picture)
    brightest = float(values[np.isfinite(values)].max(initial=0))
    usual = (1.0, 255.0, 65535.0) if picture.mode == "F" else (255.0, 65535.0)
    return next((white for white in usual if brightest <= white), brightest)
