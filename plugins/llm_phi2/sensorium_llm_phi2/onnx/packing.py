"""GPTQ's or AWQ's very integers in the order that ONNX Runtime's MatMulNBits reads.

MatMulNBits wants, for a layer K → N in B blocks of inputs: the integers uint8 [N, B, block * bits
/ 8] (the lowest bits first), scales float32 [N, B], zeros uint8 [N, ceil(B * bits / 8)].
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from sensorium.errors import CheckpointError
from torch import Tensor

from sensorium_llm_phi2.integers import QuantizedLinear

SMALLEST_BLOCK, LARGEST_BLOCK = 16, 128


@dataclass(frozen=True, slots=True)
class PackedLinear:
    """One layer as MatMulNBits takes it."""

    bits: int
    block: int
    weight: Tensor
    scales: Tensor
    zeros: Tensor
    order: Tensor | None = None
    """int64 [K]: which input stands in which place; None where they stand as they come."""


def pack(linear: QuantizedLinear) -> PackedLinear:
    """The same integers, scales and zeros, block by block.

    With act-order the inputs of a group lie apart: they are brought together, and `order` says
    how the activations must be. Raises CheckpointError for groups that no blocks can hold.
    """
    inputs, outputs = linear.values.shape
    count = linear.scales.shape[0]
    size = inputs // count
    if not torch.equal(torch.bincount(linear.groups, minlength=count), torch.full((count,), size)):
        raise CheckpointError(f"{inputs} inputs in {count} groups that are not of one size")
    block = block_of(size)
    in_order = bool((linear.groups.diff() >= 0).all())
    order = None if in_order else torch.argsort(linear.groups, stable=True)
    values = linear.values if order is None else linear.values[order]
    repeats = size // block
    zeros = linear.zeros.T.repeat_interleave(repeats, dim=1)
    return PackedLinear(
        bits=linear.bits,
        block=block,
        weight=pack_bytes(values.T.reshape(outputs, inputs // block, block), linear.bits),
        scales=linear.scales.T.repeat_interleave(repeats, dim=1).contiguous(),
        zeros=pack_bytes(zeros, linear.bits),
        order=order,
    )


def block_of(group: int) -> int:
    """The largest block that fills a group in whole numbers; CheckpointError where none does."""
    block = LARGEST_BLOCK
    while group % block:
        block //= 2
    if block < SMALLEST_BLOCK:
        raise CheckpointError(
            f"Groups of {group} inputs: ONNX Runtime computes blocks of {SMALLEST_BLOCK} at least",
            hint="Quantize with a group size of 32, 64 or 128.",
        )
    return block


def pack_bytes(values: Tensor, bits: int) -> Tensor:
    """uint8 [..., M] of small integers → uint8 [..., ceil(M * bits / 8)]."""
    if bits == 8:
        return values.contiguous()
    if values.shape[-1] % 2:
        values = torch.nn.functional.pad(values, (0, 1))
    return (values[..., 0::2] | (values[..., 1::2] << 4)).contiguous()


def round_to_bytes(weight: Tensor) -> QuantizedLinear:
    """A plain matrix [N, K] in 8 bits, each block between its smallest and largest value.

    For the vocabulary head, which GPTQ leaves alone: in float32 it would be a quarter of what is
    read for every token.
    """
    outputs, inputs = weight.shape
    block = block_of(inputs)
    parts = weight.float().reshape(outputs, inputs // block, block)
    low = parts.amin(dim=2, keepdim=True).clamp(max=0)
    high = parts.amax(dim=2, keepdim=True).clamp(min=0)
    scales = ((high - low) / 255).clamp(min=torch.finfo(torch.float32).tiny)
    zeros = (-low / scales).round()
    values = ((parts / scales).round() + zeros).clamp(0, 255)
    return QuantizedLinear(
        bits=8,
        values=values.to(torch.uint8).reshape(outputs, inputs).T,
        zeros=zeros.to(torch.uint8).squeeze(2).T,
        scales=scales.squeeze(2).T,
        groups=torch.arange(inputs) // block,
    )
