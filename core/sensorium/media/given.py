"""What a person hands over as a picture or a recording → media."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sensorium.errors import InputTypeError, MediaError, placed

from .item import Media

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

    MediaSource = Media | Path | bytes | bytearray | memoryview | Image.Image | NDArray[Any]
    """A picture or a recording: decoded, as a file, its bytes, a PIL image or an array."""


def is_media(given: object) -> bool:
    """Whether `as_media` takes it; a text is none, also one that names a file."""
    from PIL import Image

    from .arrays import is_array

    kinds = (Media, Path, bytes, bytearray, memoryview, Image.Image)
    return isinstance(given, kinds) or is_array(given)


def as_media(given: MediaSource) -> Media:
    """A picture or a recording, whichever it is; files are told apart by their first bytes.

    Raises MediaError where it cannot be read, InputTypeError where it is neither.
    """
    from .arrays import in_words, is_array
    from .images import read_image

    if isinstance(given, Media):
        return given
    if isinstance(given, bytes | bytearray | memoryview):
        return _read(bytes(given))
    if isinstance(given, Path):
        return _open(given)
    if is_array(given) and getattr(given, "ndim", 0) == 1:
        raise InputTypeError(
            f"{in_words(given).capitalize()} is no picture",
            hint="A recording: read_audio(waveform, sample_rate_hz=16_000)",
        )
    return read_image(given)


def _open(path: Path) -> Media:
    from .audio import DEFAULT_LIMITS as AUDIO_LIMITS
    from .images import DEFAULT_LIMITS as IMAGE_LIMITS
    from .reading import read_bytes

    most = max(AUDIO_LIMITS.max_bytes, IMAGE_LIMITS.max_bytes)
    data = read_bytes(path, most=most, kind="file")
    with placed(str(path)):
        return _read(data)


def _read(data: bytes) -> Media:
    from .audio import FORMATS as RECORDINGS
    from .audio import is_recording, read_audio
    from .images import FORMATS as PICTURES
    from .images import is_picture, read_image

    if not data:
        raise MediaError("The file is empty")
    if is_recording(data):
        return read_audio(data)
    if is_picture(data):
        return read_image(data)
    raise MediaError(
        f"This is neither a picture ({', '.join(PICTURES)}) nor a recording "
        f"({', '.join(RECORDINGS)}) in a known format"
    )
