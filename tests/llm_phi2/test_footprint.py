"""What a Phi model says it takes is what it takes."""

from __future__ import annotations

import pytest
import torch
from sensorium.errors import CheckpointError
from sensorium.footprint import count
from sensorium.testing import check_footprint
from sensorium_llm_phi2 import register_language_models
from sensorium_llm_phi2.build import build
from sensorium_llm_phi2.onnx.convert import convert
from sensorium_llm_phi2.options import Phi2Options

from .conftest import make_reference
from .gptq_checkpoints import write_gptq


def said(**options):
    (spec,) = register_language_models()
    return spec.footprint(Phi2Options(**options))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_on_torch(shared_checkpoint, dtype):
    options = {"checkpoint": str(shared_checkpoint), "dtype": dtype}
    model, taken = build(Phi2Options(**options), "cpu"), said(**options)
    check_footprint(taken, model.module)
    weights = [weight.numel() for weight in model.module.parameters()]
    assert taken.parameters == sum(weights)
    table = 320 * 80 * model.dtype.itemsize
    assert taken.read_bytes == taken.resident_bytes - table
    session, rows = model.open_session(), model.embed(torch.arange(9)).detach()
    session.append(rows)
    work = count(lambda: session.append(rows))
    assert taken.call_flops == 2 * 320 * 80
    assert work.flops == pytest.approx(taken.call_flops + 9 * taken.flops, rel=0.02)
    assert taken.kv_bytes == 2 * 2 * 80 * model.dtype.itemsize


def test_nf4_holds_the_matrices_of_the_layers_in_4_bits(tmp_path):
    pytest.importorskip("bitsandbytes")
    make_reference(hidden_size=64).save_pretrained(tmp_path)
    options = {"checkpoint": str(tmp_path), "dtype": "bfloat16"}
    plain, packed = said(**options), said(**options, quantization="nf4")
    check_footprint(packed, build(Phi2Options(**options, quantization="nf4"), "cpu").module)
    matrices = 2 * (4 * 64 * 64 + 2 * 64 * 64)
    assert packed.parameters == plain.parameters
    assert packed.flops == plain.flops
    saved = plain.resident_bytes - packed.resident_bytes
    assert saved == pytest.approx(matrices * (2 - 0.5 - 1 / 64), rel=0.02)


def test_on_onnx_runtime_as_stored(tmp_path):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    reference = make_reference(hidden_size=128, intermediate_size=256)
    convert(write_gptq(reference, tmp_path / "gptq"), tmp_path / "onnx")
    options = {"checkpoint": str(tmp_path / "onnx"), "backend": "onnx"}
    taken = said(**options)
    check_footprint(taken)
    stored = (tmp_path / "onnx/model.safetensors").stat().st_size
    assert 0.9 * stored < taken.resident_bytes <= stored
    assert taken.read_bytes < taken.resident_bytes - 320 * 128 * 2
    plain = said(checkpoint=str(tmp_path / "onnx"), random_seed=0)
    assert (taken.flops, taken.call_flops) == (plain.flops, plain.call_flops)
    assert taken.kv_bytes == 2 * 2 * 128 * 2


def test_the_probe_runs_as_many_layers_as_it_counts_with_other_weights_in_each(tmp_path):
    """Of equal weights ONNX Runtime would keep one, in a cache, and seem faster than memory is."""
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    from sensorium_llm_phi2.onnx.places import tensor_places
    from sensorium_llm_phi2.onnx.products import LayerProducts, _weights

    reference = make_reference(hidden_size=128, intermediate_size=256)
    convert(write_gptq(reference, tmp_path / "gptq"), tmp_path / "onnx")
    stored = tensor_places(tmp_path / "onnx/model.safetensors")
    layers = reference.config.num_hidden_layers
    weights = dict(_weights(reference.config, stored, ["layers.0.", "layers.1."]))
    matrices = [array.tobytes() for name, array in weights.items() if array.ndim == 3]
    assert len(set(matrices)) == len(matrices) == 2 * 4 + 1
    for size, expected in ((0, 1), (10**9, layers)):
        products = LayerProducts(reference.config, stored, size)
        assert products.flops == expected * 2 * (4 * 128 * 128 + 2 * 128 * 256)
        for rows in (1, 64):
            products.multiply(rows)


def test_plain_weights_are_held_and_probed_in_float32(tmp_path):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    from sensorium_llm_phi2.onnx.places import tensor_places
    from sensorium_llm_phi2.onnx.products import LayerProducts

    reference = make_reference(hidden_size=128, intermediate_size=256).half()
    reference.save_pretrained(tmp_path / "plain")
    convert(tmp_path / "plain", tmp_path / "onnx")
    taken = said(checkpoint=str(tmp_path / "onnx"), backend="onnx")
    check_footprint(taken)
    on_torch = said(checkpoint=str(tmp_path / "plain"), dtype="float32")
    assert taken.read_bytes == pytest.approx(on_torch.read_bytes, rel=1e-3)  # torch has buffers too
    assert taken.kv_bytes == on_torch.kv_bytes
    assert taken.flops == on_torch.flops
    stored = tensor_places(tmp_path / "onnx/model.safetensors")
    products = LayerProducts(reference.config, stored, 0)
    assert products.flops == 2 * (4 * 128 * 128 + 2 * 128 * 256)
    products.multiply(3)


def test_what_was_not_converted_has_no_footprint_on_onnx_runtime(tmp_path, shared_checkpoint):
    (tmp_path / "config.json").write_text((shared_checkpoint / "config.json").read_text())
    with pytest.raises(CheckpointError, match="sensorium convert"):
        said(checkpoint=str(tmp_path), backend="onnx")
    assert said(checkpoint=str(tmp_path)).parameters > 0  # shapes are enough on torch
