"""Text files as people write them: UTF-8, with or without a byte-order mark.

Every reader of a text file goes through here. Windows' editors put U+FEFF in front of a text, where
it is no part of it; what was joined from such files has it in front of lines too.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import BinaryIO

MARK = "\ufeff"

_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}

_LOOKED_AT = 1024
"""Bytes of a file that are looked at for its encoding."""


class EncodingError(ValueError):
    """Bytes that are no UTF-8; the text continues `Cannot read F: …`."""


def read_text(path: Path | Traversable) -> str:
    """The text of a file, its lines ended by line feeds, without the mark.

    OSError where it cannot be read, EncodingError where it is not UTF-8.
    """
    return decode(path.read_bytes()).replace("\r\n", "\n").replace("\r", "\n")


def read_lines(path: Path) -> list[str]:
    """The lines of a file, blank ones too; raises as `read_text`.

    Split at line feeds alone: splitlines() also splits at separators that are part of a text.
    """
    return [line.removeprefix(MARK) for line in read_text(path).split("\n")]


def piped_lines(stream: BinaryIO) -> Iterator[str]:
    """The lines of a pipe as they come; what is no UTF-8 in them becomes U+FFFD.

    EncodingError where the first one is text of another encoding.
    """
    for number, line in enumerate(stream):
        if not number and 0 in line:
            refuse_other_encodings(line)
        yield decode_leniently(line)


def decode(data: bytes) -> str:
    """The bytes of a whole file as text, without the mark; EncodingError where they are none."""
    refuse_other_encodings(data)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise EncodingError(
            f"it is not UTF-8 (the byte 0x{data[error.start]:02X} in line {line}); save it as UTF-8"
        ) from error


def decode_leniently(data: bytes) -> str:
    """The same of bytes that may be anything: what is no UTF-8 in them becomes U+FFFD."""
    return data.decode("utf-8-sig", "replace")


def without_mark(data: bytes) -> bytes:
    """The bytes behind a mark of UTF-8."""
    return data.removeprefix(codecs.BOM_UTF8)


def refuse_other_encodings(beginning: bytes) -> None:
    """EncodingError where a file begins as one of UTF-16 or UTF-32 does."""
    found = next((name for mark, name in _MARKS.items() if beginning.startswith(mark)), None)
    # Without a mark: of a first letter that is ASCII, one byte of two is zero, or three of four.
    # Behind other letters a blank or the end of the line has them. No text in UTF-8 has one.
    if found is None and 0 in (beginning := beginning[:_LOOKED_AT]):
        if beginning[:4].count(0) == 3:
            found = "UTF-32"
        elif beginning[:2].count(0) == 1:
            found = "UTF-16"
        else:
            found = "UTF-16, UTF-32 or no text"
    if found is not None:
        raise EncodingError(f"it is {found}, not UTF-8; save it as UTF-8")
