"""The tensors of a checkpoint, read one by one: a converter never holds the whole of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from sensorium.errors import CheckpointError
from torch import Tensor


class StoredWeights(Mapping[str, Tensor]):
    """Name → tensor over any number of safetensors files; a context manager."""

    def __init__(self, files: list[Path]) -> None:
        self._opened = ExitStack()
        self._holders: dict[str, Any] = {}
        for path in files:
            try:
                file = self._opened.enter_context(safe_open(str(path), framework="pt"))
            except (SafetensorError, OSError) as error:
                self._opened.close()
                raise CheckpointError(
                    "The weights cannot be read",
                    where=str(path),
                    hint="The file may be cut off or damaged; download or save it again.",
                ) from error
            self._holders |= dict.fromkeys(file.keys(), file)

    def __enter__(self) -> StoredWeights:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def __getitem__(self, name: str) -> Tensor:
        tensor: Tensor = self._holders[name].get_tensor(name)
        return tensor

    def __iter__(self) -> Iterator[str]:
        return iter(self._holders)

    def __len__(self) -> int:
        return len(self._holders)
