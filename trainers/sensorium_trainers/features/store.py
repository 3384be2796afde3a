"""A folder of features, one file per media item.

Many processes may read it at once, and write it one after another: a file is renamed into its place
when it is whole, and two that make the same one make the same bytes.
"""

from __future__ import annotations

import hashlib
import zlib
from contextlib import suppress
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from sensorium.errors import ConfigError
from torch import Tensor, uint8

from .room import Room

_TENSOR, _CHECKSUM = "features", "crc32"


class FeatureStore:
    """Features [T, D] of one encoder, by the key of the media they are of.

    `name` stands for the encoder. `closed` says why nothing more is written, or is empty.
    """

    def __init__(self, folder: Path, name: str, max_bytes: int) -> None:
        self.folder = folder / name
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(
                f"Cannot make {self.folder}: {error.strerror}", where="features.folder"
            ) from error
        self.closed = ""
        self._room = Room(folder, max_bytes)

    def __contains__(self, key: str) -> bool:
        """Whether there is a file; only `get` finds out whether it is sound."""
        return self._path(key).is_file()

    def get(self, key: str) -> Tensor | None:
        """[T, D] mapped into memory, not copied; None where there is none.

        One that is damaged is deleted: it will be made again.
        """
        path = self._path(key)
        try:
            with safe_open(path, framework="pt") as file:
                features: Tensor = file.get_tensor(_TENSOR)
                if (file.metadata() or {}).get(_CHECKSUM) == _checksum(features):
                    return features
        except FileNotFoundError:
            return None
        except (OSError, SafetensorError):
            pass  # cut off by a crash, or no such file at all
        with suppress(OSError):  # on a read-only disk it is made each time
            path.unlink(missing_ok=True)
        return None

    def put(self, key: str, features: Tensor) -> None:
        """Keep [T, D]; where there is no room, say so in `closed` and go on without."""
        if self.closed:
            return
        path = self._path(key)
        content = save({_TENSOR: features.contiguous()}, {_CHECKSUM: _checksum(features)})
        try:
            with self._room:
                if key in self:
                    return  # another process was quicker
                if not self._room.take(len(content)):
                    self.closed = f"it holds max_bytes, {self._room.max_bytes:,}"
                    return
                path.parent.mkdir(exist_ok=True)
                self._room.write(path, content)
        except OSError as error:
            self.closed = f"it cannot be written: {error.strerror}"

    def _path(self, key: str) -> Path:
        digest = hashlib.sha256(key.encode()).hexdigest()
        return self.folder / digest[:2] / f"{digest[2:]}.safetensors"


def _checksum(features: Tensor) -> str:
    content = features.contiguous().reshape(-1).view(uint8).numpy()
    return f"{zlib.crc32(content.data):08x}"
