"""Pictures from anywhere, bounded, and as a person would see them."""

from __future__ import annotations

import contextlib
import io
import random
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image, ImageOps
from sensorium import read_image
from sensorium.errors import MediaError
from sensorium.media import images
from sensorium.media.images import FORMATS, ImageLimits, open_image


def saved(picture, kind="PNG", **settings) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **settings)
    return file.getvalue()


def pixel(data, at=(0, 0)):
    return read_image(data).value.getpixel(at)


def near(colour, wanted, by=6):
    return all(abs(a - b) <= by for a, b in zip(colour, wanted, strict=True))


def noise(size=(40, 30), mode="RGB"):
    return Image.frombytes(mode, size, random.Random(0).randbytes(size[0] * size[1] * len(mode)))


def test_every_way_to_give_a_picture(tmp_path):
    picture = noise()
    data = saved(picture)
    path = tmp_path / "a.png"
    path.write_bytes(data)
    with path.open("rb") as file:
        read = [read_image(given) for given in (picture, data, path, str(path), file)]
    assert len({media.digest for media in read}) == 1
    assert {media.modality for media in read} == {"image"}
    assert all(media.value.mode == "RGB" for media in read)
    assert all(media.value.tobytes() == picture.tobytes() for media in read)


def test_equal_content_has_an_equal_digest_and_other_content_another():
    picture = noise()
    digest = read_image(picture).digest
    assert read_image(saved(picture, "BMP")).digest == digest
    assert read_image(saved(picture, "WEBP", lossless=True)).digest == digest
    assert read_image(saved(picture.convert("RGBA"))).digest == digest
    other = picture.copy()
    other.putpixel((39, 29), (0, 0, 0))
    assert read_image(other).digest != digest
    assert (
        read_image(Image.new("RGB", (2, 3))).digest != read_image(Image.new("RGB", (3, 2))).digest
    )


@pytest.mark.parametrize("kind", FORMATS)
def test_formats(kind):
    data = saved(Image.new("RGB", (9, 7), (200, 30, 40)), kind)
    media = read_image(data)
    assert media.value.size == (9, 7)
    assert near(media.value.getpixel((4, 3)), (200, 30, 40))


def test_cmyk():
    data = saved(Image.new("RGB", (16, 16), (200, 30, 40)).convert("CMYK"), "JPEG")
    assert near(pixel(data, (8, 8)), (200, 30, 40), by=12)


@pytest.mark.parametrize("value", [0, 1, 128, 255])
def test_sixteen_bits_are_scaled_not_clipped(value):
    grey = Image.new("I;16", (4, 4), value * 257)
    for kind in ("PNG", "TIFF"):
        assert pixel(saved(grey, kind)) == (value, value, value)
    assert pixel(grey) == (value, value, value)


def test_palette_with_and_without_transparency():
    picture = noise().quantize(16)
    assert read_image(saved(picture)).value.tobytes() == picture.convert("RGB").tobytes()
    picture.info["transparency"] = 3
    shown = read_image(saved(picture, transparency=3)).value
    where = [at for at in range(40) if picture.getpixel((at, 0)) == 3]
    assert where
    assert all(shown.getpixel((at, 0)) == (255, 255, 255) for at in where)


@pytest.mark.parametrize(
    ("mode", "value", "white"),
    [("F", 0.5, 1.0), ("F", 100.0, 200.0), ("F", 3e4, 6e4), ("I", 100, 200), ("I", 2**29, 2**30)],
)
def test_deep_grey_keeps_its_shades(mode, value, white):
    """A float picture from 0 to 1 is not black, and one from 0 to 2**30 is not all white."""
    picture = Image.new(mode, (2, 1), value)
    picture.putpixel((1, 0), white)
    half, full = (read_image(picture).value.getpixel((x, 0))[0] for x in (0, 1))
    assert 0 < half < full
    assert half == pytest.approx(full / 2, abs=1)


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "I", "F", "YCbCr", "HSV"]
)
def test_every_mode_becomes_rgb(mode):
    picture = Image.new(mode, (5, 4))
    assert read_image(picture).value.mode == "RGB"
    if mode in {"1", "L", "LA", "P", "RGB", "RGBA", "I;16"}:
        assert read_image(saved(picture)).value.size == (5, 4)


def test_transparency_is_shown_on_white():
    picture = Image.new("RGBA", (3, 1), (255, 0, 0, 255))
    picture.putpixel((1, 0), (255, 0, 0, 0))
    picture.putpixel((2, 0), (0, 0, 0, 128))
    data = saved(picture)
    assert pixel(data) == (255, 0, 0)
    assert pixel(data, (1, 0)) == (255, 255, 255)
    assert near(pixel(data, (2, 0)), (127, 127, 127), by=1)


def test_a_grey_picture_whose_one_shade_is_transparent():
    for mode, shade in (("L", 7), ("I;16", 7 * 257)):
        data = saved(Image.new(mode, (3, 3), shade), transparency=shade)
        assert read_image(data).value.mode == "RGB"


def test_the_first_frame_of_an_animation():
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "lime", "blue")]
    for kind in ("GIF", "WEBP", "PNG"):
        data = saved(frames[0], kind, save_all=True, append_images=frames[1:])
        assert near(pixel(data, (4, 4)), (255, 0, 0))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_rotated_as_a_person_sees_it(orientation, kind):
    upright = Image.new("RGB", (32, 16), "white")
    upright.paste("red", (0, 0, 16, 8))  # top left
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = upright.transpose(undo[orientation]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved(stored, kind, exif=exif, **({"quality": 95} if kind == "JPEG" else {}))
    seen = read_image(data).value
    assert seen.size == ImageOps.exif_transpose(Image.open(io.BytesIO(data))).size == (32, 16)
    assert near(seen.getpixel((4, 4)), (255, 0, 0), by=40)
    assert near(seen.getpixel((28, 12)), (255, 255, 255), by=40)


def test_truncated_at_any_length():
    for kind in ("JPEG", "PNG", "GIF", "WEBP", "TIFF"):
        data = saved(noise((64, 64)), kind)
        for kept in (0, 1, 10, len(data) // 2, len(data) * 9 // 10):
            with pytest.raises(MediaError):
                read_image(data[:kept])


def test_a_lazy_picture_that_turns_out_damaged():
    data = saved(noise((64, 64)), "JPEG")
    with Image.open(io.BytesIO(data[: len(data) // 2])) as lazy, pytest.raises(MediaError):
        read_image(lazy)


@pytest.mark.parametrize("kind", FORMATS)
def test_flipped_bytes_never_raise_anything_else(kind):
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a description"
    extra = {"exif": exif} if kind in {"JPEG", "PNG", "WEBP", "TIFF"} else {}
    data = saved(noise((24, 16)), kind, **extra)
    dice = random.Random(1)
    for _ in range(150):
        damaged = bytearray(data)
        for _ in range(dice.randint(1, 4)):
            damaged[dice.randrange(min(len(data), 300))] = dice.randrange(256)
        with contextlib.suppress(MediaError):
            assert read_image(bytes(damaged)).value.mode == "RGB"


def png_header(width, height):
    def chunk(kind, body):
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "size",
    [(14_000, 14_000), (10_000, 9_000), (8_000, 7_000), (2**31 - 1, 2**31 - 1), (1, 2**31 - 1)],
)
def test_enormous_headers_are_refused_with_memory_flat(size):
    data = png_header(*size)
    tracemalloc.start()
    try:
        with pytest.raises(MediaError, match="million pixels"):
            read_image(data)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_the_limits_are_those_given():
    picture = Image.new("RGB", (10, 10))
    for given in (picture, saved(picture)):
        assert read_image(given, ImageLimits(max_pixels=100)).value.size == (10, 10)
        with pytest.raises(MediaError, match="million pixels"):
            read_image(given, ImageLimits(max_pixels=99))


def test_bytes_are_limited_and_no_more_is_read(tmp_path):
    class Endless(io.RawIOBase):
        asked = 0

        def read(self, size=-1):
            self.asked = size
            return bytes(size)

    limits = ImageLimits(max_bytes=2**20)
    endless = Endless()
    with pytest.raises(MediaError, match="larger than 1 MiB"):
        read_image(endless, limits)
    assert endless.asked == 2**20 + 1
    big = tmp_path / "big.png"
    big.write_bytes(saved(Image.new("RGB", (4, 4))) + bytes(2**20))
    for given in (big, big.read_bytes()):
        with pytest.raises(MediaError, match="larger than 1 MiB"):
            read_image(given, limits)


@pytest.mark.parametrize("size", [(1, 1), (65_535, 1), (1, 65_535)])
def test_extreme_shapes(size):
    for kind in ("PNG", "JPEG") if max(size) < 65_501 else ("PNG",):
        assert read_image(saved(Image.new("RGB", size, "red"), kind)).value.size == size


def test_a_picture_without_pixels():
    with pytest.raises(MediaError, match="empty"):
        read_image(Image.new("RGB", (0, 4)))


SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'
EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n"
FITS = b"".join(
    line.ljust(80).encode()
    for line in (
        "SIMPLE  =                    T",
        "BITPIX  =                    8",
        "NAXIS   =                    2",
        "NAXIS1  =                    9",
        "NAXIS2  =                    9",
        "END",
    )
).ljust(2880) + bytes(2880)


@pytest.mark.parametrize(
    "data",
    [
        SVG,
        EPS,
        FITS,
        b"hello",
        b"\0" * 100,
        b"P6 1 1 255\n\0\0\0",
        b"%PDF-1.4",
        b"RIFF....WAVE",
    ],
    ids=["svg", "eps", "fits", "text", "zeros", "ppm", "pdf", "wave"],
)
def test_other_files_are_refused_whatever_their_name(data, tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(data)
    for given in (path, data):
        with pytest.raises(MediaError, match=r"not a picture in a known format \(JPEG, PNG"):
            read_image(given)


def test_pillow_itself_would_have_read_them():
    """So the list of formats is what refuses them."""
    for data in (EPS, FITS, b"P6 1 1 255\n\0\0\0"):
        with Image.open(io.BytesIO(data)) as opened:
            assert opened.format not in FORMATS


def test_paths_that_are_none(tmp_path):
    for path in (tmp_path / "nowhere.png", tmp_path, "a\0b", ""):
        with pytest.raises(MediaError, match="Cannot open the picture"):
            read_image(path)


def test_an_empty_file():
    with pytest.raises(MediaError, match="The picture is empty"):
        read_image(b"")


def test_an_opened_picture_is_decoded_once_and_when_asked(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    path.write_bytes(saved(noise()))
    other, read = saved(noise((4, 4))), read_image(path)
    decoded = []
    monkeypatch.setattr(
        images, "read_image", lambda *given: (decoded.append(given), read_image(*given))[1]
    )
    opened = open_image(path)
    assert opened.key == open_image(path.read_bytes()).key != open_image(other).key
    assert not decoded
    assert opened == read  # by their digests, for which it must be decoded
    assert opened.value.tobytes() == read.value.tobytes()
    assert len(decoded) == 1
    assert read.key == read.digest == opened.digest


def test_what_the_header_shows_is_refused_at_once(tmp_path):
    for data in (b"", b"<svg/>", saved(noise())[:20]):
        with pytest.raises(MediaError):
            open_image(data)
    with pytest.raises(MediaError, match="more than 0 million pixels"):
        open_image(saved(noise()), ImageLimits(max_pixels=100))
    with pytest.raises(MediaError, match=r"none\.png: No such file"):
        open_image(tmp_path / "none.png")


def deep(values, kind=np.float32) -> bytes:
    return saved(Image.fromarray(np.asarray(values, kind)), "TIFF")


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("scale", [1, 255, 65535, 9e9])
def test_a_pixel_that_is_no_number_changes_no_other(odd, scale):
    values = np.linspace(0, scale, 24 * 32).reshape(24, 32)
    plain = np.asarray(read_image(deep(values)).value)
    values[3, 5] = odd
    seen = np.asarray(read_image(deep(values)).value)
    assert tuple(seen[3, 5]) == ((255,) * 3 if odd == np.inf else (0,) * 3)
    seen = seen.copy()
    seen[3, 5] = plain[3, 5]
    assert np.array_equal(seen, plain)
    assert plain.max() == 255


def test_a_picture_of_no_numbers_is_black_and_equal_values_keep_theirs():
    assert np.asarray(read_image(deep(np.full((4, 4), np.nan))).value).max() == 0
    assert np.asarray(read_image(deep(np.full((4, 4), 0.5))).value).max() == 127
    assert np.asarray(read_image(deep(np.full((4, 4), -3.0))).value).max() == 0
    assert np.asarray(read_image(deep(np.full((4, 4), 2**31 - 1), np.int32)).value).min() == 255
    assert np.asarray(read_image(deep(np.full((4, 4), -(2**31)), np.int32)).value).max() == 0
    assert np.asarray(read_image(deep(np.full((4, 4), 65535), np.uint16)).value).min() == 255
