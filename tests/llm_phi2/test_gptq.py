"""GPTQ checkpoints are read as they were written, whoever wrote them."""

from __future__ import annotations

import json

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from sensorium.errors import CheckpointError
from sensorium_llm_phi2.build import build
from sensorium_llm_phi2.formats import read_format
from sensorium_llm_phi2.gptq import GptqFormat
from sensorium_llm_phi2.integers import unpack
from sensorium_llm_phi2.options import Phi2Options

from .conftest import make_reference, make_tokenizer
from .gptq_checkpoints import pack_int32, pack_linear, round_linear, write_gptq

BITS = st.sampled_from([4, 8])


def some(seed, low, high, shape):
    return torch.randint(low, high, shape, generator=torch.Generator().manual_seed(seed))


@given(bits=BITS, rows=st.integers(1, 5), packs=st.integers(1, 6), seed=st.integers(0, 999))
@settings(max_examples=40, deadline=None)
def test_unpacking_undoes_packing(bits, rows, packs, seed):
    values = some(seed, 0, 2**bits, (rows, packs * 32 // bits))
    assert torch.equal(unpack(pack_int32(values, bits), bits).long(), values)


@given(
    bits=BITS, count=st.integers(1, 4), packs=st.integers(1, 3), offset=st.sampled_from([0, 1]),
    seed=st.integers(0, 999),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_a_layer_is_read_as_it_was_written(bits, count, packs, offset, seed):
    inputs, outputs = count * 32, packs * 32 // bits
    values = some(seed, 0, 2**bits, (inputs, outputs))
    zeros = some(seed + 1, 0, 2**bits, (count, outputs))  # 0 too: stored less one, it borrows
    scales = torch.rand(count, outputs, generator=torch.Generator().manual_seed(seed)).half()
    groups = some(seed + 2, 0, count, (inputs,))
    stored = pack_linear(values, zeros, scales, groups, bits=bits, offset=offset)
    weights = {f"layer.{suffix}": tensor for suffix, tensor in stored.items()}
    linear = GptqFormat(bits, offset).linear(weights, "layer", (outputs, inputs))
    assert torch.equal(linear.values.long(), values)
    assert torch.equal(linear.zeros.long(), zeros)
    assert torch.equal(linear.groups, groups)
    expected = (values - zeros[groups]) * scales.float()[groups]
    assert torch.equal(linear.dequantized(), expected.T)


@pytest.mark.parametrize("act_order", [False, True])
@pytest.mark.parametrize(("bits", "form"), [(4, "gptq"), (4, "gptq_v2"), (8, "gptq")])
def test_torch_runs_what_the_integers_stand_for(tmp_path, bits, form, act_order):
    reference = make_reference(hidden_size=128)
    changes = {"bits": bits, "act_order": act_order, "checkpoint_format": form}
    write_gptq(reference, tmp_path, **changes)
    model = build(Phi2Options(checkpoint=str(tmp_path)), "cpu")
    name, order = "model.layers.1.mlp.fc2.weight", torch.arange(64)
    if not act_order:
        values, zeros, scales, groups = round_linear(reference.state_dict()[name], 32, bits, order)
        expected = ((values - zeros[groups]) * scales[groups]).T
        torch.testing.assert_close(model.module.state_dict()[name], expected)
    worst = 0.1 if bits == 4 else 0.01
    for key, rounded in model.module.state_dict().items():
        weight = reference.state_dict()[key]
        assert (rounded - weight).norm() / weight.norm() < worst, key
    make_tokenizer().save(str(tmp_path / "tokenizer.json"))
    model.save(tmp_path / "plain")
    again = build(Phi2Options(checkpoint=str(tmp_path / "plain")), "cpu")
    assert torch.equal(again.module.state_dict()[name], model.module.state_dict()[name])


def test_settings_beside_config_are_read_too(tmp_path):
    write_gptq(make_reference(hidden_size=128), tmp_path, bits=8)
    config = json.loads((tmp_path / "config.json").read_text())
    stored = config.pop("quantization_config")
    del stored["quant_method"], stored["checkpoint_format"]
    assert read_format(config, tmp_path) is None
    (tmp_path / "quantize_config.json").write_text(json.dumps(stored))
    assert read_format(config, tmp_path) == GptqFormat(8, 1)
    (tmp_path / "quantize_config.json").write_text("{")
    with pytest.raises(CheckpointError, match="cannot be read"):
        read_format(config, tmp_path)


@pytest.mark.parametrize("changes", [{"bits": 3}, {"checkpoint_format": "marlin"}])
def test_other_formats_are_named(tmp_path, changes):
    write_gptq(make_reference(hidden_size=128), tmp_path)
    path = tmp_path / "config.json"
    config = json.loads(path.read_text())
    config["quantization_config"] |= changes
    path.write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match=str(next(iter(changes.values())))):
        build(Phi2Options(checkpoint=str(tmp_path)), "cpu")


def test_layers_that_do_not_fit_are_named(tmp_path):
    write_gptq(make_reference(hidden_size=128), tmp_path)
    good = load_file(tmp_path / "model.safetensors")
    name = "model.layers.0.mlp.fc1"

    def refused(match, **changes):
        tensors = {**good, **{f"{name}.{suffix}": value for suffix, value in changes.items()}}
        kept = {key: value for key, value in tensors.items() if value is not None}
        save_file(kept, tmp_path / "model.safetensors")
        with pytest.raises(CheckpointError, match=match):
            build(Phi2Options(checkpoint=str(tmp_path)), "cpu")

    refused(f"{name} has no scales", scales=None)
    refused(f"{name} does not fit", qzeros=good[f"{name}.qzeros"][:1].contiguous())
    refused(f"{name} does not fit", g_idx=good[f"{name}.g_idx"] + 9)
    refused(f"{name}.scales belongs to no quantized layer", qweight=None)


def test_a_checkpoint_that_only_says_it_is_quantized(checkpoint):
    path = checkpoint / "config.json"
    stored = {"quant_method": "gptq", "bits": 4, "group_size": 32}
    path.write_text(json.dumps({**json.loads(path.read_text()), "quantization_config": stored}))
    with pytest.raises(CheckpointError, match="no weight is"):
        build(Phi2Options(checkpoint=str(checkpoint)), "cpu")
