"""Files of weights: the same content gives the same bytes, whole or not at all."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from sensorium.checkpoint import FORMAT, save_weights

WEIGHTS = {
    "b.weight": torch.arange(6.0).reshape(2, 3),
    "a": torch.ones(3, dtype=torch.bfloat16),
    "c": torch.tensor([1, 2], dtype=torch.uint8),
}


def stored(path):
    with safe_open(path, framework="pt") as file:
        return load_file(path), file.metadata()


@given(metadata=st.dictionaries(st.text(max_size=6), st.text(max_size=6), max_size=6))
@settings(max_examples=60, deadline=None)
def test_equal_content_is_equal_bytes(tmp_path_factory, metadata):
    folder = tmp_path_factory.mktemp("weights")
    written = set()
    for number in range(4):
        turned = dict(reversed(metadata.items())) if number % 2 else metadata
        tensors = dict(reversed(WEIGHTS.items())) if number % 2 else WEIGHTS
        save_weights(tensors, folder / "w.safetensors", metadata=turned)
        written.add((folder / "w.safetensors").read_bytes())
    assert len(written) == 1
    held, described = stored(folder / "w.safetensors")
    assert held.keys() == WEIGHTS.keys()
    assert all(torch.equal(held[name], tensor) for name, tensor in WEIGHTS.items())
    assert (described or {}) == metadata
    assert [path.name for path in folder.iterdir()] == ["w.safetensors"]


def test_it_says_what_transformers_wants_to_read(tmp_path):
    save_weights({"t": torch.ones(3, 2).T}, tmp_path / "w.safetensors")  # in no order of its own
    held, described = stored(tmp_path / "w.safetensors")
    assert described == FORMAT
    assert held["t"].shape == (2, 3)


def test_a_file_may_be_written_over_what_it_holds(tmp_path):
    """Tensors that were loaded may be a map of the file."""
    path = tmp_path / "w.safetensors"
    save_weights({"large": torch.arange(200_000), "odd": torch.zeros(7)}, path)
    held = load_file(path)
    save_weights({**held, "new": torch.ones(90_000)}, path)
    assert torch.equal(load_file(path)["large"], torch.arange(200_000))


def test_what_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "w.safetensors"
    save_weights(WEIGHTS, path)
    before = path.read_bytes()
    shared = torch.ones(3)
    with pytest.raises((RuntimeError, SafetensorError)):
        save_weights({"one": shared, "other": shared}, path)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["w.safetensors"]
