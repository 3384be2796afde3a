"""Which format a recording is in, by its content alone, and where in the file it begins."""

from __future__ import annotations

from dataclasses import dataclass

BEGINNING_BYTES = 2**16
"""So much of a file tells whether it is a recording; MP3 is looked for as far, as FFmpeg does."""

_PICTURES = (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1")
"""HEIF pictures are in the same container as M4A; these marks tell them."""

_TAG_HEADER_BYTES = 10
_MOST_TAGS = 100
_CHAINED_FRAMES = 3
"""MPEG frames that have to follow each other: two bytes that look like one are found anywhere."""

_RATES_HZ = (44_100, 48_000, 32_000)
_KILOBITS = {
    # By the version (MPEG 1 or not) and the layer.
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}


@dataclass(frozen=True, slots=True)
class Found:
    """FFmpeg's name of a format, and the first byte behind the tags in front of it."""

    kind: str
    start: int


def find_recording(data: bytes) -> Found | None:
    """What FFmpeg would find, in the formats that are read; `data` may be a file's beginning.

    Tags in front (ID3v2) say how long they are, and stand before any format. MP3 may begin with
    padding, or in the middle of a frame: cut from a stream, it does. Left to guess, FFmpeg would
    also take play lists, which open files and addresses they name.
    """
    start = _behind_tags(data)
    if kind := _container(data[start : start + 12]):
        return Found(kind, start)
    if _is_frame(data[start : start + 2]):
        return Found("mp3", start)
    # What is behind a tag may not be in `data`; if it is and is nothing known, it is damaged MP3.
    if start or _has_frames(data[:BEGINNING_BYTES]):
        return Found("mp3", start)
    return None


def _container(beginning: bytes) -> str | None:
    if beginning[:4] in (b"RIFF", b"RF64") and beginning[8:12] == b"WAVE":
        return "wav"
    if beginning[:4] == b"fLaC":
        return "flac"
    if beginning[:4] == b"OggS":
        return "ogg"
    if beginning[:4] == b"\x1aE\xdf\xa3":
        return "matroska"
    if beginning[4:8] == b"ftyp" and beginning[8:12] not in _PICTURES:
        return "mov"
    return None


def _behind_tags(data: bytes) -> int:
    """The first byte behind all ID3v2 tags: 10 bytes each, and the length that these tell."""
    start = 0
    for _ in range(_MOST_TAGS):
        if data[start : start + 3] != b"ID3":
            break
        header = data[start : start + _TAG_HEADER_BYTES]
        sizes = header[6:]
        if len(header) < _TAG_HEADER_BYTES or max(sizes) > 0x7F:
            return start + len(header)
        length = 0
        for size in sizes:
            length = length << 7 | size
        has_footer = bool(header[5] & 0x10)
        start += _TAG_HEADER_BYTES * (1 + has_footer) + length
    return start


def _is_frame(beginning: bytes) -> bool:
    """An MPEG frame begins with 11 bits set; layer bits 00 would be AAC."""
    if len(beginning) < 2:
        return False
    first, second = beginning
    return first == 0xFF and second & 0xE0 == 0xE0 and bool(second & 0x06)


def _has_frames(data: bytes) -> bool:
    """Whether a chain of frames of one kind begins anywhere."""
    place = data.find(b"\xff")
    while place >= 0:
        if _chained(data, place):
            return True
        place = data.find(b"\xff", place + 1)
    return False


def _chained(data: bytes, place: int) -> bool:
    kinds = set()
    for _ in range(_CHAINED_FRAMES):
        frame = _frame(data[place : place + 4])
        if frame is None:
            return False
        kind, length = frame
        kinds.add(kind)
        place += length
    return len(kinds) == 1


def _frame(header: bytes) -> tuple[tuple[int, int, int], int] | None:
    """(version, layer, rate) and the bytes of the frame with this header of four bytes."""
    if len(header) < 4 or not _is_frame(header[:2]):
        return None
    version = header[1] >> 3 & 3  # 3: MPEG 1, 2: MPEG 2, 0: MPEG 2.5
    layer = 4 - (header[1] >> 1 & 3)
    bits, rate_index = header[2] >> 4, header[2] >> 2 & 3
    if version == 1 or rate_index == 3 or not 1 <= bits <= 14:
        return None
    first = version == 3
    rate = _RATES_HZ[rate_index] // {3: 1, 2: 2, 0: 4}[version]
    bits_a_second = 1000 * _KILOBITS[first, layer][bits - 1]
    padding = header[2] >> 1 & 1
    if layer == 1:
        length = 4 * (12 * bits_a_second // rate + padding)
    else:
        length = (144 if first or layer == 2 else 72) * bits_a_second // rate + padding
    return (version, layer, rate), length
