"""AWQ checkpoints are read as they were written, bit for bit, by torch and for ONNX Runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from sensorium.errors import CheckpointError
from sensorium_llm_phi2.awq import AwqFormat
from sensorium_llm_phi2.build import build
from sensorium_llm_phi2.formats import read_format
from sensorium_llm_phi2.options import Phi2Options
from torch import Tensor

from .awq_checkpoints import pack_columns, write_awq
from .conftest import make_reference, make_tokenizer
from .gptq_checkpoints import round_linear, write_gptq


def test_the_published_order() -> None:
    """Outputs 0 to 7 with the values 0 to 7 are this int32 in an AWQ file."""
    stored = {
        "x.qweight": torch.tensor([[0x75316420]], dtype=torch.int32),
        "x.qzeros": torch.zeros(1, 1, dtype=torch.int32),
        "x.scales": torch.ones(1, 8, dtype=torch.float16),
    }
    assert AwqFormat().linear(stored, "x", (8, 1)).values.tolist() == [list(range(8))]


@given(
    count=st.integers(1, 4), group=st.sampled_from([1, 16, 32]), packs=st.integers(1, 3),
    seed=st.integers(0, 999),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_a_layer_is_read_as_it_was_written(count: int, group: int, packs: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    inputs, outputs = count * group, packs * 8
    values = torch.randint(0, 16, (inputs, outputs), generator=generator)
    zeros = torch.randint(0, 16, (count, outputs), generator=generator)
    scales = torch.rand(count, outputs, generator=generator).half()
    stored = {
        "layer.qweight": pack_columns(values),
        "layer.qzeros": pack_columns(zeros),
        "layer.scales": scales,
    }
    form = AwqFormat()
    assert form.shape(stored["layer.qweight"]) == (outputs, inputs)
    linear = form.linear(stored, "layer", (outputs, inputs))
    assert torch.equal(linear.values.long(), values)
    assert torch.equal(linear.zeros.long(), zeros)
    groups = torch.arange(inputs) // group
    expected = (values - zeros[groups]) * scales.float()[groups]
    assert torch.equal(linear.dequantized(), expected.T)


def logits(folder: Path, **options: Any) -> Tensor:
    model = build(Phi2Options(checkpoint=str(folder), **options), "cpu")
    return model.open_session().append(model.embed(torch.tensor([3, 1, 4, 1, 5])), last=5)


def test_torch_runs_what_the_integers_stand_for(tmp_path: Path) -> None:
    reference = make_reference(hidden_size=128)
    write_awq(reference, tmp_path)
    name = "model.layers.1.mlp.fc1.weight"
    original = reference.state_dict()[name]
    values, zeros, scales, groups = round_linear(original, 32, 4, torch.arange(original.shape[1]))
    held = build(Phi2Options(checkpoint=str(tmp_path)), "cpu").module.state_dict()[name]
    torch.testing.assert_close(held, ((values - zeros[groups]) * scales[groups]).T)


def test_the_same_integers_in_either_format_are_the_same_model(tmp_path: Path) -> None:
    """Also where ONNX Runtime runs them: the files are equal to the last bit."""
    pytest.importorskip("onnx")
    from sensorium_llm_phi2.onnx.convert import convert

    reference = make_reference(hidden_size=128)
    for name, write in {"awq": write_awq, "gptq": write_gptq}.items():
        folder = write(reference, tmp_path / name)
        make_tokenizer().save(str(folder / "tokenizer.json"))
        convert(folder, tmp_path / f"{name}-onnx")
    assert torch.equal(logits(tmp_path / "awq"), logits(tmp_path / "gptq"))
    for file in ("model.safetensors", "decoder.onnx"):
        written = [(tmp_path / f"{name}-onnx" / file).read_bytes() for name in ("awq", "gptq")]
        assert written[0] == written[1], file


@pytest.mark.parametrize(
    "changes",
    [
        {"version": "gemv"},
        {"version": "GEMV_FAST"},
        {"version": "marlin"},
        {"version": "exllama"},
        {"version": None, "format": "llm-awq"},
        {"bits": 8},
    ],
)
def test_other_formats_are_named(tmp_path: Path, changes: dict[str, Any]) -> None:
    write_awq(make_reference(hidden_size=128), tmp_path, settings=changes)
    named = str(list(changes.values())[-1]).lower()
    with pytest.raises(CheckpointError, match=f"{named}.*can be read") as found:
        build(Phi2Options(checkpoint=str(tmp_path)), "cpu")
    assert str(tmp_path) in str(found.value)
    assert "sensorium quantize" in str(found.value)


def test_the_format_is_told_in_one_of_three_ways(tmp_path: Path) -> None:
    for key in ("version", "format", "checkpoint_format"):
        told = {"quant_method": "awq", "bits": 4, key: "GEMM"}
        assert read_format({"quantization_config": told}, tmp_path) == AwqFormat()


def test_what_does_not_fit_is_named(tmp_path: Path) -> None:
    write_awq(make_reference(hidden_size=128), tmp_path)
    good = load_file(tmp_path / "model.safetensors")
    name = "model.layers.0.mlp.fc1"

    def refused(match: str, **changes: Tensor | None) -> None:
        tensors = {**good, **{f"{name}.{suffix}": value for suffix, value in changes.items()}}
        kept = {key: value for key, value in tensors.items() if value is not None}
        save_file(kept, tmp_path / "model.safetensors")
        with pytest.raises(CheckpointError, match=match):
            build(Phi2Options(checkpoint=str(tmp_path)), "cpu")

    refused(f"{name} has no qzeros", qzeros=None)
    refused(f"{name} does not fit", qzeros=good[f"{name}.qzeros"][:1].contiguous())
    refused(f"{name} does not fit", scales=good[f"{name}.scales"][:3].contiguous())
    refused(f"{name}.scales belongs to no quantized layer", qweight=None)


def test_scales_behind_an_activation_are_refused_everywhere(tmp_path: Path) -> None:
    """AWQ scales a layer behind an activation by a factor that no Phi model applies."""
    pytest.importorskip("onnx")
    from sensorium_llm_phi2.onnx.convert import convert

    write_awq(make_reference(hidden_size=128), tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    tensors["model.layers.0.mlp.activation_fn.scales"] = torch.ones(64)
    save_file(tensors, tmp_path / "model.safetensors")
    with pytest.raises(CheckpointError, match=r"activation_fn\.scales belongs to no"):
        build(Phi2Options(checkpoint=str(tmp_path)), "cpu")
    with pytest.raises(CheckpointError, match=r"activation_fn\.scales belongs to no"):
        convert(tmp_path, tmp_path / "onnx")
