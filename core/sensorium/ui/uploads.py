"""Files that were sent to the page: which kinds it takes, and how one is read."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import BinaryIO

from sensorium.errors import MediaError
from sensorium.limits import DEFAULT_LIMITS
from sensorium.media.audio import is_recording, read_audio
from sensorium.media.images import read_image
from sensorium.messages import Media

KINDS = ("image", "audio")
"""The modalities that a file can be; also what gradio calls file types."""


def is_kept(path: Path) -> bool:
    """Whether a file that was sent is still here."""
    return path.is_file()


def read_upload(path: Path) -> Media:
    """Read a file that gradio vouched for: it lets through only what was uploaded to it.

    What it is, its content says; its name only where the content says nothing, so that an empty
    or damaged file is refused as what it was meant to be. Raises MediaError.
    """
    try:
        with path.open("rb") as file:
            recording = is_recording(file.read(12))
            file.seek(0)
            return _heard(file) if recording else _seen(file, named=path.name)
    except OSError as error:
        # The error's own text holds the server's path.
        raise MediaError("This file is no longer kept here.", hint="Send it again.") from error


def _heard(file: BinaryIO) -> Media:
    return read_audio(file, DEFAULT_LIMITS.audio)


def _seen(file: BinaryIO, named: str) -> Media:
    try:
        return read_image(file, DEFAULT_LIMITS.image)
    except MediaError:
        if (mimetypes.guess_type(named)[0] or "").startswith(("audio/", "video/")):
            file.seek(0)
            return _heard(file)
        raise
