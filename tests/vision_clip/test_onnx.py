"""On ONNX Runtime a CLIP tower sees what it sees on torch."""

from __future__ import annotations

import json
import re

import pytest
import torch
from PIL import Image
from pydantic import ValidationError
from safetensors.torch import load_file, save_file
from sensorium.errors import (
    CheckpointError,
    ConfigError,
    MissingPackageError,
    PerceptionError,
    install_line,
)
from sensorium_vision_clip import build_clip, convert_clip
from sensorium_vision_clip.options import ClipOptions

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")


def converted(folder, target, **options):
    """(on torch, on ONNX Runtime, with 8-bit integers)"""
    options = ClipOptions(checkpoint=str(folder), **options)
    settings = convert_clip(options, target)
    rounded = settings | {"quantization": "int8"}
    onnx = [build_clip(ClipOptions(**chosen), "cpu") for chosen in (settings, rounded)]
    return build_clip(options, "cpu"), *onnx


@pytest.mark.parametrize("name", ["gelu", "quick_gelu", "whole", "old"])
@pytest.mark.parametrize(("layer", "cls"), [(-2, "drop"), (-1, "keep"), (0, "drop"), (1, "only")])
def test_features_are_those_of_torch(saved, pixels, tmp_path, name, layer, cls):
    torch_, exact, rounded = converted(saved[name][0], tmp_path / "onnx", layer=layer, cls=cls)
    items = zip(*(encoder.encode([*pixels]) for encoder in (torch_, exact, rounded)), strict=True)
    for expected, features, bytes_ in items:
        assert features.shape == bytes_.shape == expected.shape
        assert (features - expected).norm() <= 1e-4 * expected.norm()
        assert torch.nn.functional.cosine_similarity(bytes_, expected, dim=1).min() > 0.99
    assert torch_.fingerprint == exact.fingerprint == rounded.fingerprint
    assert exact.width == torch_.width


def test_it_prepares_saves_and_loads(saved, tmp_path):
    torch_, exact, _ = converted(saved["gelu"][0], tmp_path / "onnx")
    picture = Image.new("RGB", (50, 40), "orange")
    assert torch.equal(exact.prepare(picture), torch_.prepare(picture))
    exact.save(tmp_path / "again")
    options = {"checkpoint": str(tmp_path / "again"), "quantization": "int8"}
    again = build_clip(ClipOptions(backend="onnx", **options), "cpu")
    assert again.fingerprint == exact.fingerprint
    assert build_clip(ClipOptions(checkpoint=str(tmp_path / "again")), "cpu").encode([]) == []
    assert exact.encode([]) == []


@pytest.mark.parametrize(
    "said", [{"do_normalize": False}, {"do_rescale": False, "image_mean": 0.0}, {"size": 48}]
)
def test_what_the_checkpoint_says_of_pictures_holds_in_all_that_is_written(copy, tmp_path, said):
    folder = copy()
    (folder / "preprocessor_config.json").write_text(json.dumps({"crop_size": 32, **said}))
    plain, exact, _ = converted(folder, tmp_path / "onnx")
    noise = torch.randint(0, 256, (50, 40, 3), generator=torch.Generator().manual_seed(1))
    picture = Image.fromarray(noise.byte().numpy())
    exact.save(tmp_path / "again")
    again = build_clip(ClipOptions(checkpoint=str(tmp_path / "again")), "cpu")
    assert torch.equal(exact.prepare(picture), plain.prepare(picture))
    assert torch.equal(again.prepare(picture), plain.prepare(picture))
    assert again.fingerprint == exact.fingerprint == plain.fingerprint
    (folder / "preprocessor_config.json").unlink()
    usual = build_clip(ClipOptions(checkpoint=str(folder)), "cpu")
    assert not torch.equal(usual.prepare(picture), plain.prepare(picture))
    assert usual.fingerprint != plain.fingerprint


@pytest.mark.parametrize("changes", [{"layer": -1}, {"cls": "keep"}, {"fit": "crop"}])
def test_a_graph_of_other_settings_is_refused(saved, tmp_path, changes):
    settings = convert_clip(ClipOptions(checkpoint=str(saved["gelu"][0])), tmp_path)
    with pytest.raises(CheckpointError, match=r"vision\.onnx was made for another.*convert"):
        build_clip(ClipOptions(**settings | changes), "cpu")


def test_what_cannot_be_run_is_refused(saved, copy, edit, tmp_path):
    with pytest.raises(CheckpointError, match=r"no vision\.onnx.*sensorium convert"):
        build_clip(ClipOptions(checkpoint=str(saved["gelu"][0]), backend="onnx"), "cpu")
    folder = copy("gelu")
    edit(folder, "config.json", hidden_act="relu")
    with pytest.raises(CheckpointError, match="activation is relu"):
        convert_clip(ClipOptions(checkpoint=str(folder)), tmp_path / "relu")
    with pytest.raises(ValidationError, match="needs backend: onnx"):
        ClipOptions(quantization="int8")
    settings = convert_clip(ClipOptions(checkpoint=str(saved["gelu"][0])), tmp_path / "onnx")
    for name, value in (("dtype", "float16"), ("random_seed", 1)):
        with pytest.raises(ConfigError, match=name):
            build_clip(ClipOptions(**settings | {name: value}), "cpu")
    graph = tmp_path / "onnx" / "vision.onnx"
    graph.write_bytes(graph.read_bytes()[:2000])
    with pytest.raises(CheckpointError, match="cannot load the graph"):
        build_clip(ClipOptions(**settings), "cpu")


def test_missing_packages_are_named(saved, tmp_path, monkeypatch):
    settings = convert_clip(ClipOptions(checkpoint=str(saved["gelu"][0])), tmp_path)
    monkeypatch.setattr("sensorium.onnx_runtime.find_spec", lambda name: None)
    for run in (
        lambda: convert_clip(ClipOptions(checkpoint=str(saved["gelu"][0])), tmp_path),
        lambda: build_clip(ClipOptions(**settings), "cpu"),
    ):
        with pytest.raises(MissingPackageError, match=re.escape(install_line("onnx"))):
            run()


def test_other_inputs_and_values_are_refused(saved, tmp_path, pixels):
    _, exact, _ = converted(saved["gelu"][0], tmp_path)
    with pytest.raises(PerceptionError, match=r"\[3, 32, 32\], not \[3, 31, 32\]"):
        exact.encode([pixels[0][:, :31]])
    with pytest.raises(PerceptionError, match="not finite for picture 2 of 2"):
        exact.encode([pixels[0], pixels[1] * torch.nan])


def test_weights_keep_their_type_so_that_a_projector_still_fits(copy, tmp_path):
    folder = copy("gelu")
    halves = {name: value.half() for name, value in load_file(folder / "model.safetensors").items()}
    save_file(halves, folder / "model.safetensors", metadata={"format": "pt"})
    torch_, exact, _ = converted(folder, tmp_path / "onnx")
    assert exact.fingerprint == torch_.fingerprint


def test_integers_that_see_too_little_are_refused(saved, copy, tmp_path):
    folder = copy("gelu")
    weights = load_file(folder / "model.safetensors")
    for number in range(3):  # one value a thousand times the others, and weights that ignore it
        weights[f"encoder.layers.{number}.layer_norm2.weight"][0] *= 1000
        weights[f"encoder.layers.{number}.mlp.fc1.weight"][:, 0] /= 1000
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    rounded = {"backend": "onnx", "quantization": "int8"}
    with pytest.raises(CheckpointError, match=r"less than 0\.99 \(quantization\).*=null"):
        convert_clip(ClipOptions(checkpoint=str(folder), **rounded), tmp_path / "bad")
    assert "quantization" in convert_clip(ClipOptions(checkpoint=str(folder)), tmp_path / "exact")
    settings = convert_clip(
        ClipOptions(checkpoint=str(saved["gelu"][0]), **rounded), tmp_path / "good"
    )
    assert settings["quantization"] == "int8"


def test_random_weights_can_be_converted(saved, tmp_path, pixels):
    options = ClipOptions(checkpoint=str(saved["gelu"][0]), random_seed=3)
    encoder = build_clip(ClipOptions(**convert_clip(options, tmp_path)), "cpu")
    expected = build_clip(options, "cpu").encode([*pixels])[0]
    torch.testing.assert_close(encoder.encode([*pixels])[0], expected, atol=1e-4, rtol=1e-4)
