"""What components say of themselves, and the counting they do it with."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from sensorium.errors import PluginError
from sensorium.footprint import Footprint, TorchProducts, count, size_of
from sensorium.registry import create_registry
from sensorium.testing import check_footprint
from torch import nn


def test_every_component_that_comes_with_sensorium_says_what_it_takes():
    registry = create_registry()
    for table in (registry.encoders, registry.transcribers, registry.language_models):
        for entry in table:
            assert entry.spec.footprint is not None, entry.spec.name


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_work_is_counted_with_and_without_numbers(device):
    layers = nn.Sequential(nn.Linear(8, 32), nn.GELU(), nn.Linear(32, 8)).to(device)
    work = count(lambda: layers(torch.empty(5, 8, device=device)))
    assert work.flops == 5 * 2 * (8 * 32 + 32 * 8)
    assert work.operations >= 3
    assert size_of(layers) == 4 * (2 * 8 * 32 + 32 + 8)


@pytest.mark.parametrize("layers", [1, 3])
def test_products_compute_what_they_say(layers):
    products = TorchProducts(16, 64, 10**6, layers=layers, dtype=torch.bfloat16)
    assert products.flops == layers * 2 * 2 * 16 * 64
    assert count(lambda: products.multiply(4)).flops == 4 * products.flops


@pytest.mark.parametrize(("size", "count"), [(0, 1), (1, 1), (4096, 1), (4097, 2), (10**9, 3)])
def test_products_are_as_large_as_asked_for(size, count):
    products = TorchProducts(16, 32, size, layers=3, dtype=torch.float32)
    assert products.flops == count * 4 * 16 * 32


def test_a_footprint_that_cannot_be():
    module = nn.Linear(64, 64)
    weights = size_of(module)
    said = Footprint(4160, weights, weights, flops=8192, operations=1)
    check_footprint(said, module)
    for wrong, complaint in (
        (replace(said, parameters=0), "no parameters"),
        (replace(said, read_bytes=2 * weights), "more is read"),
        (replace(said, operations=0), "without an operation"),
        (replace(said, resident_bytes=2 * weights), "bytes resident"),
    ):
        with pytest.raises(PluginError, match=complaint):
            check_footprint(wrong, module)
