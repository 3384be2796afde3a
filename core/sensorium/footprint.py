"""What a component takes of a machine, known from its shapes: nothing is loaded.

A language model is *called* with some positions, for every token with one. An encoder is called
with an item: a picture, a window of a recording.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import torch
    from torch import nn


class Products(Protocol):
    """Matrix products as a component computes them, for the probe to time."""

    flops: int
    """Floating-point operations of one row."""

    def multiply(self, rows: int) -> None:
        """Some rows by every matrix, one after another."""
        ...


def plain_products(size: int) -> Products:
    """float32 on torch, in shapes of a middling size."""
    import torch

    return TorchProducts(1024, 4096, size, layers=24, dtype=torch.float32)


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a component takes of memory, and of time in every call."""

    parameters: int
    resident_bytes: int
    """Memory once it is loaded: the weights as they are held, and a library only it needs."""
    read_bytes: int = 0
    """Of the weights, what every call reads."""
    flops: int = 0
    """Floating-point operations of a position of a language model, or of an encoder's item."""
    call_flops: int = 0
    """The same once in a call, however many positions: the vocabulary head."""
    operations: int = 0
    """Operations that a call starts one after another. Each takes its microseconds, which is what
    a tiny model spends its time on."""
    kv_bytes: int = 0
    """What a session holds for every position, and reads for every token."""
    rows: int | None = None
    """How many are always multiplied together: the positions of an encoder's item."""
    products: Callable[[int], Products] = plain_products
    """How this component multiplies, in its number format: by so many bytes of weights if it has as
    many, and by one matrix and its counterpart at least.
    """


class TorchProducts:
    """Pairs of matrices width → inner → width, at most one for each of `layers`."""

    def __init__(
        self, width: int, inner: int, size: int, *, layers: int, dtype: torch.dtype
    ) -> None:
        import torch

        count = pairs(size, 2 * width * inner * dtype.itemsize, layers)
        value = 1 / width  # neither vanishing nor overflowing from layer to layer
        self._pairs = [
            tuple(
                torch.full(shape, value, dtype=dtype) for shape in ((inner, width), (width, inner))
            )
            for _ in range(count)
        ]
        self._row = torch.full((1, width), 1.0, dtype=dtype)
        self.flops = 4 * width * inner * count

    def multiply(self, rows: int) -> None:
        """[rows, width] through every pair."""
        from torch.nn import functional

        x = self._row.expand(rows, -1).contiguous()
        for up, down in self._pairs:
            x = functional.linear(functional.linear(x, up), down)


def pairs(size: int, size_of_a_pair: int, layers: int) -> int:
    """How many fill `size` bytes: one at least, and no more than the component has."""
    return max(1, min(layers, -(-size // size_of_a_pair)))


@dataclass(frozen=True, slots=True)
class Work:
    """What a run computed."""

    flops: int
    operations: int


def count(run: Callable[[], Any]) -> Work:
    """Count what `run` does in torch. On the device 'meta' it does nothing, and all is counted; on
    a CPU attention that is computed in one piece is left out.
    """
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils.flop_counter import FlopCounterMode

    class Operations(TorchDispatchMode):  # type: ignore[no-untyped-call]
        started = 0

        def __torch_dispatch__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            self.started += 1
            return func(*args, **(kwargs or {}))

    with FlopCounterMode(display=False) as flops, Operations() as operations:  # type: ignore[no-untyped-call]
        run()
    return Work(flops.get_total_flops(), operations.started)


def tower_footprint(
    module: nn.Module, run: Callable[[], Any], *, width: int, inner: int, layers: int, rows: int
) -> Footprint:
    """Of an encoder on the device 'meta', of which `run` computes one item of `rows` on torch."""
    dtype = next(module.parameters()).dtype
    products = partial(TorchProducts, width, inner, layers=layers, dtype=dtype)
    return replace(module_footprint(module, run), rows=rows, products=products)


def module_footprint(module: nn.Module, run: Callable[[], Any]) -> Footprint:
    """Of a module on the device 'meta', all of which `run` reads."""
    work, weights = count(run), size_of(module)
    return Footprint(
        parameters=sum(weight.numel() for weight in module.parameters()),
        resident_bytes=weights,
        read_bytes=weights,
        flops=work.flops,
        operations=work.operations,
    )


def size_of(module: nn.Module) -> int:
    """Bytes of parameters and buffers, each counted once."""
    return sum(tensor.nbytes for tensor in [*module.parameters(), *module.buffers()])
