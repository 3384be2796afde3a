"""A model of shapes alone, on the meta device: what `--dry-run` counts and measures."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx
from torch.nn import functional

from .architecture import BLOCK


class PackedLinear(nn.Linear):
    """A layer as bitsandbytes holds it in nf4: two weights in a byte, one byte of scale for 64.

    Each use unpacks the matrix, and so does its gradient; no unpacked copy is kept in between.
    """

    def __init__(self, plain: nn.Linear) -> None:
        super().__init__(plain.in_features, plain.out_features, bias=False, device="meta")
        count = self.weight.numel()
        packed = torch.empty((-(-count // 2), 1), dtype=torch.uint8, device="meta")
        self.weight = nn.Parameter(packed, requires_grad=False)
        self.bias = plain.bias
        scales = torch.empty(-(-count // BLOCK), dtype=torch.uint8, device="meta")
        self.register_buffer("scales", scales, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """[..., in_features] → [..., out_features]."""
        mapped: Tensor = _Unpacked.apply(x, self.weight, self.out_features)  # type: ignore[no-untyped-call]
        return mapped if self.bias is None else mapped + self.bias.to(mapped.dtype)


class _Unpacked(torch.autograd.Function):
    """As `bitsandbytes.matmul_4bit` in what it allocates and keeps."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, packed: Tensor, width: int) -> Tensor:
        ctx.save_for_backward(packed)
        ctx.shape = (width, x.shape[-1])
        return functional.linear(x, x.new_empty(ctx.shape))

    @staticmethod
    def backward(ctx: FunctionCtx, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (gradient,) = gradients
        return gradient @ gradient.new_empty(ctx.shape), None, None  # type: ignore[attr-defined]


def pack(module: nn.Module, *, keep: tuple[str, ...] = ("lm_head",)) -> None:
    """Put packed layers in the place of the linear ones, except for those named in `keep`."""
    for holder in list(module.modules()):
        for name, part in list(holder.named_children()):
            if type(part) is nn.Linear and name not in keep:
                setattr(holder, name, PackedLinear(part))
