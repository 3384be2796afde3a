"""The tensors of a checkpoint, read one by one: who converts them never holds the whole of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from sensorium.errors import CheckpointError
from torch import Tensor


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """One tensor, read through a map of its own, which goes with the last use of what was read."""

    path: Path
    name: str

    def __getitem__(self, index: Any) -> Tensor:
        with safe_open(str(self.path), framework="pt") as file:
            tensor: Tensor = file.get_tensor(self.name)[index]
        return tensor


class StoredWeights(Mapping[str, Tensor]):
    """Name → tensor over any number of safetensors files; a context manager."""

    def __init__(self, files: list[Path]) -> None:
        self._opened = ExitStack()
        self._files: dict[Path, Any] = {}
        self._places: dict[str, Path] = {}
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
            self._files[path] = file
            self._places |= dict.fromkeys(file.keys(), path)

    def __enter__(self) -> StoredWeights:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def __getitem__(self, name: str) -> Tensor:
        tensor: Tensor = self._files[self._places[name]].get_tensor(name)
        return tensor

    @property
    def dtypes(self) -> set[torch.dtype]:
        """The number formats there are."""
        return {tensor.dtype for tensor in self.values()}

    def apart(self) -> dict[str, StoredTensor]:
        """Name → what reads the tensor when it is asked for its values, `[...]`.

        For who converts one after the other: a tensor from here is a piece of its file's map, whose
        pages count as this process's memory until the whole is closed.
        """
        return {name: StoredTensor(path, name) for name, path in self._places.items()}

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
