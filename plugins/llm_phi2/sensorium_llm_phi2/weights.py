"""The tensors of a checkpoint, read one by one: who converts them never holds the whole of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from sensorium.errors import CheckpointError
from torch import Tensor


class StoredWeights(Mapping[str, Tensor]):
    """Name → tensor over any number of safetensors files; a context manager."""

    def __init__(self, files: list[Path]) -> None:
        self._files = files
        self._opened = ExitStack()
        self._holders: dict[str, Any] = {}
        for path in files:
            file = self._open(path, "mmap")
            self._holders |= dict.fromkeys(file.keys(), file)

    def __enter__(self) -> StoredWeights:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def __getitem__(self, name: str) -> Tensor:
        tensor: Tensor = self._holders[name].get_tensor(name)
        return tensor

    @property
    def dtypes(self) -> set[torch.dtype]:
        """The number formats there are."""
        return {tensor.dtype for tensor in self.values()}

    def copies(self) -> dict[str, Any]:
        """Name → what copies the tensor out of its file when it is asked for its values, `[...]`.

        For who lets go of one after the other: a tensor from here is mapped, and the pages of a map
        count as this process's memory until the whole file is closed.
        """
        files = [self._open(path, "pread") for path in self._files]
        return {name: file.get_slice(name) for file in files for name in file.keys()}  # noqa: SIM118

    def __iter__(self) -> Iterator[str]:
        return iter(self._holders)

    def __len__(self) -> int:
        return len(self._holders)

    def _open(self, path: Path, backend: str) -> Any:
        try:
            file = safe_open(str(path), framework="pt", backend=backend)
            return self._opened.enter_context(file)
        except (SafetensorError, OSError) as error:
            self._opened.close()
            raise CheckpointError(
                "The weights cannot be read",
                where=str(path),
                hint="The file may be cut off or damaged; download or save it again.",
            ) from error
