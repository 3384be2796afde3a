"""Projectors: parameter counts, exact positions, values against what they claim to be."""

import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sensorium import FeatureShape, Projector
from sensorium.builtin.projector_specs import PROJECTORS
from sensorium.builtin.projectors.geometry import fit_grid
from sensorium.builtin.projectors.pooling import Pool
from sensorium.errors import ConfigError, PerceptionError, WidthError
from torch import nn
from torch.testing import assert_close

SPECS = {spec.name: spec for spec in PROJECTORS}
CLIP_L = FeatureShape(1024, 576, (24, 24))
TINYCLIP = FeatureShape(640, 49, (7, 7))
PHI2 = 2560
torch.set_num_threads(1)


def make(name, source, target, **options):
    spec = SPECS[name]
    return spec.build(spec.options(**options), source, target)


def parameters(module):
    return sum(parameter.numel() for parameter in module.parameters())


def test_the_names():
    assert list(SPECS) == [
        "identity",
        "linear",
        "mlp",
        "residual",
        "average-pool",
        "pixel-shuffle",
        "frame-stack",
        "resampler",
    ]
    for spec in PROJECTORS:
        assert spec.summary
        assert all(field.description for field in spec.options.model_fields.values())
        assert "max_positions" in spec.options.model_fields


@pytest.mark.parametrize(
    ("name", "source", "count"),
    [
        ("average-pool", CLIP_L, 9_180_160),
        ("residual", TINYCLIP, 1_640_960 + 2 * 2560 + 2 * (2560 * 2560 + 2560)),
        ("pixel-shuffle", TINYCLIP, 4 * 640 * 2560 + 2560 + 2560 * 2560 + 2560),
    ],
)
def test_parameter_counts(name, source, count):
    with torch.device("meta"):
        assert parameters(make(name, source, PHI2)) == count


@pytest.mark.parametrize("name", SPECS)
def test_full_size_on_the_meta_device(name):
    target = 1024 if name == "identity" else PHI2
    with torch.device("meta"):
        projector = make(name, CLIP_L, target, max_positions=64)
        embeddings = projector(torch.empty(576, 1024))
    assert isinstance(projector, Projector)
    assert embeddings.shape == (projector.positions(576), target)
    assert projector.positions(576) == 64


def grids():
    return st.tuples(st.integers(1, 9), st.integers(1, 9))


def budgets():
    return st.none() | st.integers(1, 90)


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(sorted(SPECS)), grid=grids(), budget=budgets(), batch=st.integers(0, 2))
def test_positions_of_grids_are_exact(name, grid, budget, batch):
    length = grid[0] * grid[1]
    options = {} if name == "average-pool" and budget is None else {"max_positions": budget}
    projector = make(name, FeatureShape(8, length, grid), 8, **options)
    features = torch.randn(*([batch] if batch else []), length, 8)
    embeddings = projector(features)
    assert embeddings.shape == (*features.shape[:-2], projector.positions(length), 8)
    assert embeddings.shape[-2] <= (budget or length or 64) or name == "resampler"
    if batch:
        assert_close(embeddings[0], projector(features[0]))


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(sorted(set(SPECS) - {"pixel-shuffle"})),
    length=st.integers(1, 200),
    budget=st.integers(1, 90),
)
def test_positions_of_sequences_are_exact(name, length, budget):
    projector = make(name, FeatureShape(8), 8, max_positions=budget)
    assert projector(torch.randn(length, 8)).shape == (projector.positions(length), 8)
    assert projector.positions(length) <= budget


@given(grid=grids(), budget=st.integers(1, 90))
def test_the_pooled_grid_is_the_largest_that_fits(grid, budget):
    rows, columns = fit_grid(grid, budget)
    assert 1 <= rows <= grid[0]
    assert 1 <= columns <= grid[1]
    assert rows * columns <= budget
    grown = [(rows + 1, columns), (rows, columns + 1)]
    inside = [(r, c) for r, c in grown if r <= grid[0] and c <= grid[1]]
    assert all(r * c > budget for r, c in inside)


@pytest.mark.parametrize(
    ("grid", "budget", "fitted"),
    [((24, 24), 64, (8, 8)), ((24, 24), 50, (7, 7)), ((7, 7), 49, (7, 7)), ((4, 8), 8, (2, 4))],
)
def test_fit_grid(grid, budget, fitted):
    assert fit_grid(grid, budget) == fitted


def test_grids_are_pooled_in_two_dimensions():
    rows = torch.arange(4.0)[:, None].expand(4, 4).reshape(16, 1)
    assert Pool((4, 4), 4)(rows).flatten().tolist() == [0.5, 0.5, 2.5, 2.5]
    columns = torch.arange(4.0).repeat(4)[:, None]
    assert Pool((4, 4), 4)(columns).flatten().tolist() == [0.5, 2.5, 0.5, 2.5]
    assert Pool(None, 4)(columns).flatten().tolist() == [1.5] * 4


def test_what_fits_is_left_as_it_is():
    features = torch.randn(49, 3)
    assert Pool((7, 7), 49)(features) is features
    assert Pool((7, 7), None)(features) is features


def test_mlp_has_llavas_numbering():
    projector = make("mlp", FeatureShape(6), 10)
    assert list(projector.state_dict()) == [
        "layers.0.weight",
        "layers.0.bias",
        "layers.2.weight",
        "layers.2.bias",
    ]
    assert len(make("mlp", FeatureShape(6), 10, depth=3).layers) == 5
    llava = nn.Sequential(nn.Linear(6, 10), nn.GELU(), nn.Linear(10, 10))
    state = {f"mm_projector.{key}": value for key, value in llava.state_dict().items()}
    renamed = {key.replace("mm_projector", "layers"): value for key, value in state.items()}
    projector.load_state_dict(renamed)
    features = torch.randn(5, 6)
    assert torch.equal(projector(features), llava(features))


def test_identity_names_both_widths():
    with pytest.raises(WidthError, match="640 to a language model of width 2560"):
        make("identity", TINYCLIP, PHI2)
    features = torch.randn(3, 8)
    assert make("identity", FeatureShape(8), 8)(features) is features


def test_residual_adds_its_block():
    projector = make("residual", FeatureShape(6), 10)
    nn.init.zeros_(projector.block[3].weight)
    nn.init.zeros_(projector.block[3].bias)
    features = torch.randn(5, 6)
    assert torch.equal(projector(features), projector.project(features))


def test_pixel_shuffle_puts_each_square_side_by_side():
    projector = make("pixel-shuffle", FeatureShape(1, 9, (3, 3)), 4, depth=1)
    nn.init.eye_(projector.layers[0].weight)
    nn.init.zeros_(projector.layers[0].bias)
    squares = projector(torch.arange(1.0, 10.0)[:, None])
    assert squares.tolist() == [[1, 2, 4, 5], [3, 0, 6, 0], [7, 8, 0, 0], [9, 0, 0, 0]]


def test_pixel_shuffle_needs_its_grid():
    with pytest.raises(ConfigError, match="frame-stack"):
        make("pixel-shuffle", FeatureShape(8), 8)
    projector = make("pixel-shuffle", TINYCLIP, 8)
    with pytest.raises(PerceptionError, match="7 x 7 positions, not 50"):
        projector(torch.randn(50, 640))


def test_frame_stack_keeps_the_order():
    projector = make("frame-stack", FeatureShape(1), 3, frames=3, depth=1)
    nn.init.eye_(projector.layers[0].weight)
    nn.init.zeros_(projector.layers[0].bias)
    assert projector(torch.arange(1.0, 5.0)[:, None]).tolist() == [[1, 2, 3], [4, 0, 0]]


def test_resampler_reads_order_and_content():
    torch.manual_seed(0)
    projector = make("resampler", FeatureShape(16, 12, (3, 4)), 8, queries=5, heads=4)
    features = torch.randn(12, 16)
    embeddings = projector(features)
    assert embeddings.shape == (5, 8)
    assert not torch.allclose(embeddings, projector(features.flip(0)), atol=1e-4)
    assert not torch.allclose(embeddings[0], embeddings[1], atol=1e-4)
    with pytest.raises(ConfigError, match="8 heads do not divide the encoder's width 20"):
        make("resampler", FeatureShape(20), 8)


@pytest.mark.parametrize("name", sorted(set(SPECS) - {"identity"}))
def test_every_parameter_learns(name):
    projector = make(name, FeatureShape(8, 16, (4, 4)), 8, max_positions=4)
    projector(torch.randn(2, 16, 8)).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in projector.parameters())


@pytest.mark.parametrize("name", SPECS)
def test_half_precision(name):
    projector = make(name, FeatureShape(8, 16, (4, 4)), 8, max_positions=4).to(torch.bfloat16)
    assert projector(torch.randn(16, 8, dtype=torch.bfloat16)).dtype is torch.bfloat16


def test_the_specs_import_no_torch():
    code = "import sys, sensorium.builtin.projector_specs; assert 'torch' not in sys.modules"
    path = [entry for entry in sys.path if entry]
    subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {path!r}; {code}"],
        check=True,
        timeout=60,
    )
