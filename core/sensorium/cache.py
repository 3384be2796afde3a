"""A bounded cache of tensors by content: equal media are encoded once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


MAX_ITEMS = 64
"""As many as there are conversations kept."""


class TensorCache:
    """Least recently used tensors are dropped when there are more than `max_items`, or when their
    bytes exceed `max_bytes`. Thread-safe.

    A view is kept as a copy: it would keep all of the tensor that it shows a part of.
    """

    def __init__(self, max_bytes: int = 256 * 2**20, max_items: int = MAX_ITEMS) -> None:
        self.max_bytes = max_bytes
        self.max_items = max_items
        self._held: OrderedDict[Hashable, Tensor] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Tensor | None:
        """The tensor kept under `key`, or None."""
        with self._lock:
            if key not in self._held:
                return None
            self._held.move_to_end(key)
            return self._held[key]

    def put(self, key: Hashable, tensor: Tensor) -> None:
        """Keep `tensor`; one larger than the whole cache is not kept."""
        if tensor.untyped_storage().nbytes() > tensor.nbytes:
            tensor = tensor.clone()
        with self._lock:
            if key in self._held:
                self._bytes -= self._held.pop(key).nbytes
            if tensor.nbytes > self.max_bytes:
                return
            self._held[key] = tensor
            self._bytes += tensor.nbytes
            while self._bytes > self.max_bytes or len(self._held) > self.max_items:
                _, dropped = self._held.popitem(last=False)
                self._bytes -= dropped.nbytes
