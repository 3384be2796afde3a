"""ONNX Runtime gets GPTQ's very integers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sensorium.errors import CheckpointError
from sensorium_llm_phi2.integers import QuantizedLinear
from sensorium_llm_phi2.onnx.packing import block_of, pack, round_to_bytes


def nibbles(packed: np.ndarray, bits: int, count: int) -> np.ndarray:
    """What MatMulNBits reads: the lowest bits first, along the last axis."""
    if bits == 8:
        return packed
    apart = np.stack([packed & 15, packed >> 4], axis=-1)
    return apart.reshape(*packed.shape[:-1], -1)[..., :count]


def some_linear(bits, inputs, outputs, group, seed, shuffled) -> QuantizedLinear:
    generator = torch.Generator().manual_seed(seed)
    count = inputs // group
    groups = torch.arange(inputs) // group
    if shuffled:
        groups = groups[torch.randperm(inputs, generator=generator)]
    return QuantizedLinear(
        bits=bits,
        values=torch.randint(0, 2**bits, (inputs, outputs), generator=generator).byte(),
        zeros=torch.randint(0, 2**bits, (count, outputs), generator=generator).byte(),
        scales=torch.rand(count, outputs, generator=generator),
        groups=groups,
    )


@given(
    bits=st.sampled_from([4, 8]), count=st.integers(1, 5), outputs=st.integers(1, 9),
    group=st.sampled_from([16, 32, 64, 96, 128, 256]), seed=st.integers(0, 999),
    shuffled=st.booleans(),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_integers_scales_and_zeros_are_carried_over(bits, count, outputs, group, seed, shuffled):
    inputs = count * group
    linear = some_linear(bits, inputs, outputs, group, seed, shuffled)
    packed = pack(linear)
    order = torch.arange(inputs) if packed.order is None else packed.order
    blocks = inputs // packed.block
    assert packed.weight.shape == (outputs, blocks, packed.block * bits // 8)
    values = nibbles(packed.weight.numpy(), bits, packed.block).reshape(outputs, inputs)
    assert np.array_equal(values, linear.values[order].T.numpy())
    block_of_input = torch.arange(inputs) // packed.block
    zeros = torch.from_numpy(nibbles(packed.zeros.numpy(), bits, blocks))[:, block_of_input]
    assert torch.equal(zeros, linear.zeros[linear.groups[order]].T)
    assert torch.equal(packed.scales[:, block_of_input], linear.scales[linear.groups[order]].T)


def test_inputs_are_reordered_only_where_they_must_be():
    assert pack(some_linear(4, 64, 8, 32, 0, shuffled=False)).order is None
    order = pack(some_linear(4, 64, 8, 32, 0, shuffled=True)).order
    assert order is not None
    assert sorted(order.tolist()) == list(range(64))


def test_groups_that_no_block_can_hold():
    assert [block_of(group) for group in (16, 48, 128, 512)] == [16, 16, 128, 128]
    with pytest.raises(CheckpointError, match="Groups of 24"):
        pack(some_linear(4, 48, 8, 24, 0, shuffled=False))
    linear = some_linear(4, 64, 8, 32, 0, shuffled=False)
    linear.groups[0] = 1
    with pytest.raises(CheckpointError, match="not of one size"):
        pack(linear)


@given(seed=st.integers(0, 999), inputs=st.sampled_from([16, 48, 128, 160]))
@settings(max_examples=30, deadline=None)
def test_a_head_in_bytes_is_off_by_half_a_step_at_most(seed, inputs):
    weight = torch.randn(6, inputs, generator=torch.Generator().manual_seed(seed))
    weight[0] = 0  # a token that never occurred
    weight[1] = weight[1].abs() + 3
    linear = round_to_bytes(weight)
    step = linear.scales[linear.groups].T
    assert ((linear.dequantized() - weight).abs() <= step * 0.501).all()
    assert (linear.dequantized()[0] == 0).all()
