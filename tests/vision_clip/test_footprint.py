"""What the tower says it takes is what it takes."""

import pytest
import torch
from sensorium.errors import CheckpointError
from sensorium.footprint import count
from sensorium.testing import check_footprint
from sensorium_vision_clip import build_clip, convert_clip, footprint_of_clip, register_encoders
from sensorium_vision_clip.options import ClipOptions


@pytest.mark.parametrize("layer", [-1, -2, 1])
def test_of_the_layers_that_are_run(saved, layer):
    options = ClipOptions(checkpoint=str(saved["gelu"][0]), layer=layer)
    (spec,) = register_encoders()
    encoder, taken = build_clip(options, "cpu"), spec.footprint(options)
    check_footprint(taken, encoder.module)
    assert taken.parameters == sum(weight.numel() for weight in encoder.module.parameters())
    # Torch counts no attention that is computed in one piece, as it is on a CPU.
    work = count(lambda: encoder.features(torch.zeros(1, 3, 32, 32)))
    attention = encoder.depth * 4 * 17**2 * 32  # 16 patches and the class token
    assert taken.flops == work.flops + attention


def test_from_shapes_alone(saved, tmp_path):
    (tmp_path / "config.json").write_bytes((saved["gelu"][0] / "config.json").read_bytes())
    (spec,) = register_encoders()
    assert spec.footprint(ClipOptions(checkpoint=str(tmp_path))).parameters > 0


@pytest.mark.parametrize("layer", [-1, -2, 0])
def test_on_onnx_runtime_the_graph_is_what_is_held(saved, tmp_path, layer):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    settings = convert_clip(ClipOptions(checkpoint=str(saved["gelu"][0]), layer=layer), tmp_path)
    plain = footprint_of_clip(ClipOptions(checkpoint=str(saved["gelu"][0]), layer=layer))
    for quantization, name in ((None, "vision.onnx"), ("int8", "vision.int8.onnx")):
        taken = footprint_of_clip(ClipOptions(**settings | {"quantization": quantization}))
        check_footprint(taken)
        assert taken.resident_bytes == taken.read_bytes == (tmp_path / name).stat().st_size
        assert (taken.flops, taken.parameters) == (plain.flops, plain.parameters)


def test_what_was_not_converted_has_none_on_onnx_runtime(saved):
    with pytest.raises(CheckpointError, match=r"no vision\.onnx.*sensorium convert"):
        footprint_of_clip(ClipOptions(checkpoint=str(saved["gelu"][0]), backend="onnx"))


@pytest.mark.parametrize(("quantization", "tolerance"), [(None, 1e-4), ("int8", 0.05)])
def test_the_probe_computes_a_whole_layer(saved, quantization, tolerance, monkeypatch):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    from sensorium_vision_clip.onnx import products

    encoder = build_clip(ClipOptions(checkpoint=str(saved["gelu"][0])), "cpu")
    monkeypatch.setattr(products, "seeded", lambda make, seed, device: encoder.module)
    probed = products.LayerProducts(encoder.module.config, quantization, 17, 0)
    rows = torch.randn(1, 17, 32, generator=torch.Generator().manual_seed(0))
    (made,) = probed._session.run(None, {"rows": rows.numpy()})
    with torch.inference_mode():
        layer = encoder.module.encoder.layers[0]
        expected = layer(rows, None)
        work = count(lambda: layer.to("meta")(rows.to("meta"), None))
    assert (torch.from_numpy(made) - expected).norm() <= tolerance * expected.norm()
    assert 17 * probed.flops == work.flops
