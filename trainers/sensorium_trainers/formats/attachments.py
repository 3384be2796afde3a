"""The pictures and recordings that a record names or brings along."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from types import MappingProxyType
from typing import Any, Literal

from sensorium.errors import MediaError, SampleError
from sensorium.media.audio import read_audio
from sensorium.media.data_urls import decode_base64, is_data_url, read_data_url
from sensorium.media.images import open_image
from sensorium.messages import Media

Modality = Literal["image", "audio"]
_READERS: dict[Modality, Callable[[bytes | Path], Media]] = {
    "image": open_image,
    "audio": read_audio,
}


class Attachments:
    """Media of one record: files of a folder by name, and what came with it, one after another.

    `held` are files that the record brings along by name.
    """

    def __init__(
        self,
        folder: Path | None,
        brought: Iterable[Media] = (),
        held: Mapping[str, bytes] = MappingProxyType({}),
    ) -> None:
        self._folder = folder
        self._held = held
        self.left = list(brought)

    def read(self, modality: Modality, value: Any) -> Media | None:
        """What a part or a cell holds: bytes, a file's name, or an object with one of them; `data`
        is base64 or a `data:` URL.

        None where it holds neither. Nothing is fetched.
        """
        if isinstance(value, Mapping):
            if isinstance(encoded := value.get("data"), str):
                read = read_data_url if is_data_url(encoded) else decode_base64
                return _READERS[modality](_sampled(read, encoded, modality))
            value = value.get("bytes") or value.get("url") or value.get("path")
        if isinstance(value, bytes):
            return _READERS[modality](value)
        return self._named(modality, value) if isinstance(value, str) else None

    def _named(self, modality: Modality, name: str) -> Media:
        if is_data_url(name):
            return _READERS[modality](_sampled(read_data_url, name, modality))
        if name in self._held:
            return _READERS[modality](self._held[name])
        if self._folder is None:
            raise SampleError(
                f"It names the file {_short(name)}, but there is no folder of media",
                hint="Set `media` to the folder that such names are relative to.",
            )
        return _READERS[modality](inside(self._folder, name))

    def next(self, modality: Modality) -> Media:
        """The next one that came with the record."""
        for number, media in enumerate(self.left):
            if media.modality == modality:
                return self.left.pop(number)
        raise SampleError(f"A part is of the type '{modality}', but names no file")


def inside(folder: Path, name: str) -> Path:
    """The file `name` of `folder`; SampleError for an address and for what is outside.

    A link that stands in the folder is followed: whoever put it there meant it.
    """
    if "://" in name:
        raise SampleError(
            f"{_short(name)} is an address, and nothing is fetched while training",
            hint="Download it first, and name the file.",
        )
    windows, path = PureWindowsPath(name), PurePosixPath(name)
    if not name or "\0" in name or path.is_absolute() or windows.anchor or ".." in windows.parts:
        raise SampleError(
            f"{_short(name)} is not inside the folder of media",
            hint="Names are relative to that folder, and never leave it.",
        )
    return folder / path


def _sampled(read: Callable[[str], bytes], text: str, modality: Modality) -> bytes:
    """The bytes in a text; SampleError where there are none."""
    try:
        return read(text)
    except MediaError as error:
        raise SampleError(f"Its {modality} cannot be read: {error.message}") from error


def _short(name: str) -> str:
    return repr(name if len(name) < 200 else f"{name[:200]}…")
