"""The built-in projectors in numpy give what the torch modules give, from the same weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sensorium.builtin.projectors import (
    FrameStack,
    Identity,
    Linear,
    Mlp,
    PixelShuffle,
    Resampler,
    Residual,
    arrays,
)
from sensorium.builtin.projectors.arrays.operations import linear_shapes
from sensorium.builtin.projectors.arrays.plain import mlp_shapes, residual_shapes
from sensorium.builtin.projectors.arrays.resampler import resampler_shapes
from sensorium.builtin.projectors.geometry import Pooling
from sensorium.contracts import FeatureShape
from sensorium.errors import PerceptionError

WIDTH, TARGET = 24, 40


def pair(name, grid, most):
    """(module, shapes of its tensors, the same from its weights)."""
    source = FeatureShape(WIDTH, None, grid)
    pooling = Pooling(grid, most)
    queries = min(9, most or 9)
    return {
        "identity": lambda: (
            Identity(FeatureShape(TARGET, None, grid), TARGET, max_positions=most),
            {},
            lambda weights: arrays.Identity(pooling),
        ),
        "linear": lambda: (
            Linear(source, TARGET, max_positions=most),
            linear_shapes("linear", WIDTH, TARGET),
            lambda weights: arrays.Linear(pooling, weights),
        ),
        "mlp": lambda: (
            Mlp(source, TARGET, depth=3, hidden=30, max_positions=most),
            mlp_shapes(WIDTH, TARGET, 3, 30),
            lambda weights: arrays.Mlp(pooling, weights, 3),
        ),
        "residual": lambda: (
            Residual(source, TARGET, max_positions=most),
            residual_shapes(WIDTH, TARGET),
            lambda weights: arrays.Residual(pooling, weights),
        ),
        "pixel-shuffle": lambda: (
            PixelShuffle(source, TARGET, factor=2, max_positions=most),
            mlp_shapes(4 * WIDTH, TARGET, 2, None),
            lambda weights: arrays.PixelShuffle(grid, 2, most, weights, 2),
        ),
        "frame-stack": lambda: (
            FrameStack(source, TARGET, frames=4, max_positions=most),
            mlp_shapes(4 * WIDTH, TARGET, 2, None),
            lambda weights: arrays.FrameStack(4, most, weights, 2),
        ),
        "resampler": lambda: (
            Resampler(source, TARGET, queries=9, depth=2, heads=4, max_positions=most),
            resampler_shapes(WIDTH, TARGET, queries, 2),
            lambda weights: arrays.Resampler(grid, 4, 2, weights),
        ),
    }[name]()


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(
        ["identity", "linear", "mlp", "residual", "pixel-shuffle", "frame-stack", "resampler"]
    ),
    grid=st.sampled_from([(6, 6), (7, 5), (3, 8), None]),
    most=st.sampled_from([None, 1, 5, 12]),
    length=st.integers(1, 70),
    seed=st.integers(0, 99),
)
def test_both_give_the_same(name, grid, most, length, seed):
    if name == "pixel-shuffle" and grid is None:
        grid = (5, 5)
    length = grid[0] * grid[1] if grid else length
    torch.manual_seed(seed)
    module, shapes, build = pair(name, grid, most)
    weights = {key: tensor.numpy() for key, tensor in module.state_dict().items()}
    assert {key: tensor.shape for key, tensor in weights.items()} == shapes
    features = 3 * torch.randn(length, TARGET if name == "identity" else WIDTH)
    with torch.no_grad():
        expected = module(features).numpy()
    projector = build(weights)
    given_ = projector.project(features.numpy())
    assert projector.positions(length) == len(expected) == module.positions(length)
    assert given_.dtype == np.float32
    assert np.abs(given_ - expected).max() <= 1e-5 * max(1, np.abs(expected).max())


def test_a_grid_of_another_size_is_refused():
    _, _, build = pair("pixel-shuffle", (6, 6), None)
    with pytest.raises(PerceptionError, match="6 x 6 positions, not 35"):
        build({}).project(np.zeros((35, WIDTH), np.float32))
