"""One KV cache that ONNX Runtime writes in place.

Legend: T new positions, D width, V vocabulary, H key-value heads, C positions of the context
window, h head width.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from sensorium_llm_phi2.bounds import appended, truncated

from .memory import reserve

if TYPE_CHECKING:
    from .model import OnnxPhiLanguageModel

CHUNK = 256
"""Positions of one run: the memory of attention scores grows with them, the speed does not."""

_LONG = 32
"""More positions than this, and what a run needed is given back to the system after it."""


class OnnxSession:
    """A KV cache for one conversation.

    The buffers [1, H, C, h] of every layer have room for the whole context window; the system
    gives memory only to the pages that were written. Past and present are bound to the same
    buffer, so a token costs no copy, and `truncate` costs nothing.
    """

    def __init__(self, model: OnnxPhiLanguageModel) -> None:
        self._model = model
        self._length = self._longest = 0
        # The runtime reads both anew at every run.
        self._last_index = np.zeros(1, np.int32)
        self._total = np.zeros((), np.int32)
        self._buffers: list[np.ndarray] = []
        self._binding = model.runtime.io_binding()
        self._bind_input("last_index", self._last_index)
        self._bind_input("total", self._total)
        config = model.config
        head_width = config.hidden_size // config.num_attention_heads
        shape = (1, config.num_key_value_heads, model.context_length, head_width)
        for layer in range(config.num_hidden_layers):
            for part in ("key", "value"):
                buffer = reserve(shape, model.cache_dtype)
                self._buffers.append(buffer)
                self._bind_input(f"past.{layer}.{part}", buffer)
                self._bind_output(f"present.{layer}.{part}", buffer)

    @property
    def length(self) -> int:
        """Positions held."""
        return self._length

    @property
    def nbytes(self) -> int:
        """Memory of the positions that were ever written, in bytes."""
        whole = sum(buffer.nbytes for buffer in self._buffers)
        return whole * self._longest // self._model.context_length

    def append(self, embeddings: Tensor, *, last: int = 1) -> Tensor:
        """[T, D] → logits [last, V], float32, of the last `last` of these positions."""
        count = embeddings.shape[0]
        end = appended(self._length, count, last, self._model.context_length)
        rows = embeddings.detach().to("cpu", torch.float32).contiguous().numpy()
        logits = np.empty((last, self._model.vocabulary), np.float32)
        for start in range(0, count, CHUNK):
            stop = min(start + CHUNK, count)
            # Of this chunk's positions, the logits from `first` on are wanted.
            first = max(count - last, start)
            wanted = logits[first - (count - last) : max(stop - (count - last), 0)]
            self._run(rows[start:stop], min(first, stop) - start, self._length + stop, wanted)
        self._length, self._longest = end, max(end, self._longest)
        return torch.from_numpy(logits)

    def truncate(self, length: int) -> None:
        """Forget every position from `length` on; the buffers stay."""
        self._length = truncated(self._length, length)

    def fork(self, length: int) -> OnnxSession:
        """A session of its own with the first `length` positions, copied."""
        fork = OnnxSession(self._model)
        fork._length = fork._longest = truncated(self._length, length)
        for mine, other in zip(self._buffers, fork._buffers, strict=True):
            other[:, :, :length] = mine[:, :, :length]
        return fork

    def _run(self, rows: np.ndarray, first: int, total: int, logits: np.ndarray) -> None:
        first_row = np.array([first], np.int64)
        self._last_index[0], self._total[()] = total - 1, total
        self._bind_input("embeddings", rows[None])
        self._bind_input("first_row", first_row)
        self._bind_output("logits", logits[None])
        give_back = self._model.shrinking if len(rows) > _LONG else None
        self._model.runtime.run_with_iobinding(self._binding, give_back)

    def _bind_input(self, name: str, array: np.ndarray) -> None:
        self._binding.bind_input(name, "cpu", 0, array.dtype, array.shape, array.ctypes.data)

    def _bind_output(self, name: str, array: np.ndarray) -> None:
        self._binding.bind_output(name, "cpu", 0, array.dtype, array.shape, array.ctypes.data)
