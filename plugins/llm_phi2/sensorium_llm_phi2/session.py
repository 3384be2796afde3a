"""One KV cache of a Phi model, written in place.

Legend: T new positions, L positions held, H key-value heads, h head width, V vocabulary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from transformers.cache_utils import Cache, CacheLayerMixin

from .bounds import appended, truncated

if TYPE_CHECKING:
    from .model import PhiLanguageModel

_FIRST_CAPACITY = 64


class GrowingLayer(CacheLayerMixin):  # type: ignore[misc]  # transformers is untyped
    """Keys and values of one layer: buffers [1, H, capacity, h] that grow by doubling.

    `length` moves only when the session says that the whole model ran, so an append that fails
    half-way leaves every layer as it was.
    """

    is_sliding = False

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.length = 0
        self.limit = limit

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        """Buffers of the first size, in the dtype and on the device of the first keys."""
        self.dtype, self.device = key_states.dtype, key_states.device
        self.keys = self._buffer(key_states, 0)
        self.values = self._buffer(value_states, 0)
        self.is_initialized = True

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        """Write [1, H, T, h] behind the positions held → views [1, H, L + T, h]."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        end = self.length + key_states.shape[-2]
        if end > self.keys.shape[-2]:
            capacity = min(max(end, 2 * self.keys.shape[-2], _FIRST_CAPACITY), self.limit)
            self.keys = self._grown(self.keys, capacity)
            self.values = self._grown(self.values, capacity)
        self.keys[:, :, self.length : end] = key_states
        self.values[:, :, self.length : end] = value_states
        return self.keys[:, :, :end], self.values[:, :, :end]

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """Length and offset of the keys that a mask must cover."""
        return self.length + query_length, 0

    def get_seq_length(self) -> int:
        """Positions held."""
        return self.length

    def get_max_length(self) -> int:
        """Positions that fit."""
        return self.limit

    @property
    def nbytes(self) -> int:
        """Memory of both buffers, in bytes."""
        return self.keys.nbytes + self.values.nbytes if self.is_initialized else 0

    def fork(self, length: int) -> GrowingLayer:
        """A layer of its own with the first `length` positions."""
        fork = GrowingLayer(self.limit)
        if length:
            fork.lazy_initialization(self.keys, self.values)
            fork.update(self.keys[:, :, :length], self.values[:, :, :length])
            fork.length = length
        return fork

    def _grown(self, buffer: Tensor, capacity: int) -> Tensor:
        grown = self._buffer(buffer, capacity)
        grown[:, :, : self.length] = buffer[:, :, : self.length]
        return grown

    @staticmethod
    def _buffer(like: Tensor, capacity: int) -> Tensor:
        return like.new_empty(*like.shape[:2], capacity, like.shape[-1])


class PhiSession:
    """A KV cache for one conversation."""

    def __init__(self, model: PhiLanguageModel, layers: list[GrowingLayer] | None = None) -> None:
        self._model = model
        self._layers = layers or [GrowingLayer(model.context_length) for _ in range(model.depth)]
        self._cache = Cache(layers=self._layers)
        self._length = self._layers[0].length

    @property
    def length(self) -> int:
        """Positions held."""
        return self._length

    @property
    def nbytes(self) -> int:
        """Memory of the buffers, in bytes."""
        return sum(layer.nbytes for layer in self._layers)

    def append(self, embeddings: Tensor, *, last: int = 1) -> Tensor:
        """[T, D_llm] → logits [last, V], float32, of the last `last` of these positions."""
        end = appended(self._length, embeddings.shape[0], last, self._model.context_length)
        with torch.inference_mode():
            logits = self._model.logits(self._run(embeddings)[-last:]).float()
        self._set_length(end)
        # Copied outside of inference mode, so that a sampler may change its logits in place.
        return logits.clone()

    def truncate(self, length: int) -> None:
        """Forget every position from `length` on; the buffers stay."""
        self._set_length(truncated(self._length, length))

    def fork(self, length: int) -> PhiSession:
        """A session of its own with the first `length` positions, copied."""
        kept = truncated(self._length, length)
        with torch.inference_mode():
            return PhiSession(self._model, [layer.fork(kept) for layer in self._layers])

    def _run(self, embeddings: Tensor) -> Tensor:
        start, count = self._length, embeddings.shape[0]
        positions = torch.arange(start, start + count, device=self._model.device)
        output = self._model.decoder(
            inputs_embeds=embeddings.to(self._model.device, self._model.dtype)[None],
            position_ids=positions[None],
            past_key_values=self._cache,
            use_cache=True,
        )
        hidden: Tensor = output.last_hidden_state[0]
        return hidden

    def _set_length(self, length: int) -> None:
        self._length = length
        for layer in self._layers:
            layer.length = length
