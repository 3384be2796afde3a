"""The fingerprint changes with everything that changes features, and with nothing else."""

import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from sensorium.errors import CheckpointError
from sensorium.fingerprint import combine, weights_fingerprint

WEIGHTS = "model.safetensors"


def test_same_content_elsewhere_is_the_same(saved, make, tmp_path):
    folder = saved["gelu"][0]
    shutil.copytree(folder, tmp_path / "elsewhere")
    assert make(folder).fingerprint == make(tmp_path / "elsewhere").fingerprint


def test_the_same_layer_by_two_names(saved, make):
    assert (
        make(saved["gelu"][0], layer=-2).fingerprint == make(saved["gelu"][0], layer=3).fingerprint
    )


def test_what_changes_features_changes_it(saved, make, copy, edit):
    folder = saved["quick_gelu"][0]
    prints = [make(folder).fingerprint]
    prints += [make(folder, layer=layer).fingerprint for layer in (-1, 0)]
    prints += [make(folder, fit=fit).fingerprint for fit in ("crop", "resize")]
    prints += [make(folder, cls=cls).fingerprint for cls in ("keep", "only")]
    changed = copy()
    edit(changed, "config.json", hidden_act="gelu")
    prints.append(make(changed).fingerprint)
    edit(changed, "config.json", hidden_act="quick_gelu")
    (changed / "preprocessor_config.json").write_text('{"image_mean": [0.5, 0.5, 0.5]}')
    prints.append(make(changed).fingerprint)
    (changed / "preprocessor_config.json").unlink()
    assert make(changed).fingerprint == prints[0]
    state = load_file(changed / WEIGHTS)
    state["encoder.layers.2.mlp.fc1.bias"] += 0.01
    save_file(state, changed / WEIGHTS)
    prints.append(make(changed).fingerprint)
    assert len(set(prints)) == len(prints)


def test_combine_keeps_its_parts_apart():
    assert combine("ab", "c") != combine("a", "bc") != combine("abc")
    assert combine("ä", "") == combine("ä", "")
    assert len(combine("x")) == 16


def test_weights_ignore_order_shards_and_metadata(tmp_path):
    a, b = torch.randn(100, 100), torch.randn(7)
    save_file({"a": a, "b": b}, tmp_path / "whole.safetensors", metadata={"made": "today"})
    save_file({"a": a}, tmp_path / "one.safetensors")
    save_file({"b": b}, tmp_path / "two.safetensors")
    whole = weights_fingerprint([tmp_path / "whole.safetensors"])
    parts = [tmp_path / "two.safetensors", tmp_path / "one.safetensors"]
    assert weights_fingerprint(parts) == whole
    assert weights_fingerprint(parts[:1]) != whole
    only_b = weights_fingerprint([tmp_path / "whole.safetensors"], {"b": "b"}.get)
    assert only_b == weights_fingerprint(parts[:1])


def test_weights_notice_names_types_and_shapes(tmp_path):
    value = torch.zeros(4, 6)
    made = []
    for index, state in enumerate(
        [{"a": value}, {"b": value}, {"a": value.reshape(6, 4)}, {"a": value.int()}]
    ):
        save_file(state, tmp_path / f"{index}.safetensors")
        made.append(weights_fingerprint([tmp_path / f"{index}.safetensors"]))
    assert len(set(made)) == 4


def test_long_tensors_are_sampled_from_end_to_end(tmp_path):
    made = set()
    for index, changed in enumerate((slice(0), slice(1), slice(30_000, 70_000), slice(-1, None))):
        value = torch.zeros(100_000)
        value[changed] = 1
        save_file({"a": value}, tmp_path / f"{index}.safetensors")
        made.add(weights_fingerprint([tmp_path / f"{index}.safetensors"]))
    assert len(made) == 4


def test_other_formats_are_sampled_as_bytes(tmp_path):
    for name, content in (("a.onnx", b"one"), ("b.onnx", b"two"), ("c.onnx", b"one")):
        (tmp_path / name).write_bytes(content)
    a, b, c = (weights_fingerprint([tmp_path / f"{name}.onnx"]) for name in "abc")
    assert a == c != b


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff" * 8,
        (2).to_bytes(8, "little") + b"[]",
        (9).to_bytes(8, "little") + b'{"a": {}}',
        (3).to_bytes(8, "little") + b"{{{",
    ],
)
def test_files_without_a_valid_header(tmp_path, content):
    (tmp_path / WEIGHTS).write_bytes(content)
    with pytest.raises(CheckpointError, match="not a complete safetensors file"):
        weights_fingerprint([tmp_path / WEIGHTS])


def test_a_missing_file(tmp_path):
    with pytest.raises(CheckpointError, match="No such file"):
        weights_fingerprint([tmp_path / WEIGHTS])
