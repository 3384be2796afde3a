"""GPTQ keeps outputs, is written in the standard format, and must not cost accuracy."""

from __future__ import annotations

import json

import pytest
import torch
import yaml
from click.testing import CliRunner
from hypothesis import example, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file
from sensorium import Message, load, read_image
from sensorium.cli.root import root
from sensorium.errors import CheckpointError
from sensorium.lora import LoraOptions
from sensorium_llm_phi2.build import build
from sensorium_llm_phi2.gptq import GptqFormat
from sensorium_llm_phi2.options import Phi2Options
from sensorium_pocket import FOLDER
from sensorium_pocket.examples import examples
from sensorium_trainers.quantize import layers as rounding
from sensorium_trainers.quantize.checkpoint import pack
from sensorium_trainers.quantize.gptq import (
    GptqSettings,
    Moments,
    Rounded,
    check_range,
    round_matrix,
)

POCKET = {
    "model": "pocket",
    "data": [{"format": "pocket-questions", "seed": 8, "questions": 4}],
    "output": "./out",
    "steps": 1,
}


def correlated(seed, positions=400, inputs=64):
    """Inputs that have much in common, as those of a language model do."""
    generator = torch.Generator().manual_seed(seed)
    causes = torch.randn(positions, 6, generator=generator)
    mixed = causes @ torch.randn(6, inputs, generator=generator)
    return mixed + 0.3 * torch.randn(positions, inputs, generator=generator)


def moments_of(inputs):
    moments = Moments(inputs.shape[1])
    for part in inputs.split(150):
        moments.add(part)
    return moments


@given(seed=st.integers(0, 999), bits=st.sampled_from([4, 8]), group=st.sampled_from([16, 64]))
@settings(max_examples=15, deadline=None)
def test_outputs_change_less_than_by_rounding(seed, bits, group):
    inputs = correlated(seed)
    weight = torch.randn(24, 64, generator=torch.Generator().manual_seed(seed + 1))
    chosen = GptqSettings(bits, group)
    clever = round_matrix(weight, moments_of(inputs), chosen).dequantized()
    # Inputs that have nothing in common leave nothing to make up for: plain rounding.
    plain = round_matrix(weight, moments_of(torch.eye(64)), chosen).dequantized()
    error = [(inputs @ (weight - rounded).T).norm() for rounded in (clever, plain)]
    assert error[0] < 0.8 * error[1]
    scale = (weight.amax() - weight.amin()) / chosen.highest
    assert (plain - weight).abs().max() <= scale * 1.1


def test_what_is_on_the_grid_stays():
    generator = torch.Generator().manual_seed(0)
    values = torch.randint(0, 16, (8, 64), generator=generator)
    values[:, ::32], values[:, 1::32] = 0, 15
    scales = 2.0 ** torch.randint(-3, 3, (8, 2), generator=generator)
    weight = (values - 7) * scales.repeat_interleave(32, 1)
    rounded = round_matrix(weight, moments_of(correlated(1)), GptqSettings(4, 32))
    assert torch.equal(rounded.dequantized(), weight)


def by_the_book(weight, bits, group):
    """Every weight at the nearest of the 2^bits steps between the ends of its group, in float64."""
    parts = weight.double().unflatten(1, (-1, group))
    low, high = parts.amin(2, True).clamp(max=0), parts.amax(2, True).clamp(min=0)
    scale = (high - low) / (2**bits - 1)
    scale[scale == 0] = 1
    zero = (-low / scale).round()
    return (((parts / scale).round() + zero).clamp(0, 2**bits - 1) - zero).mul(scale).flatten(1)


@given(
    exponent=st.floats(-5, 3), bits=st.sampled_from([4, 8]), group=st.sampled_from([16, 64, 128]),
    seed=st.integers(0, 999),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
@example(exponent=-3, bits=8, group=128, seed=0)
@example(exponent=-3.3, bits=8, group=32, seed=0)
@example(exponent=-3.7, bits=8, group=64, seed=0)
def test_weights_of_any_size_lose_what_rounding_takes(exponent, bits, group, seed):
    """Scales in float16, most of them subnormal, cost next to nothing."""
    weight = torch.randn(64, 256, generator=torch.Generator().manual_seed(seed)) * 10**exponent
    rounded = round_matrix(weight, moments_of(torch.eye(256)), GptqSettings(bits, group))
    lost, least = (
        (weight - other).double().norm()
        for other in (rounded.dequantized(), by_the_book(weight, bits, group))
    )
    # What a scale loses in float16, where a step between subnormal numbers is 6e-8.
    smallest = 5e-8 / (weight.abs().amax() / 2**bits)
    assert lost <= least * (1.02 + smallest)


def test_groups_of_nothing_stay_nothing():
    weight = torch.randn(8, 128, generator=torch.Generator().manual_seed(2))
    weight[:, 32:64] = 0
    weight[3] = 0
    rounded = round_matrix(weight, moments_of(torch.eye(128)), GptqSettings(8, 32)).dequantized()
    assert (rounded[:, 32:64] == 0).all()
    assert (rounded[3] == 0).all()


@pytest.mark.parametrize("bits", [4, 8])
def test_an_outlier_costs_its_group_alone_until_no_scale_can_hold_it(bits):
    weight = torch.randn(8, 128, generator=torch.Generator().manual_seed(2))
    chosen = GptqSettings(bits, 32)
    largest = 65504 * chosen.highest
    for value in (1e3, -1e5, 0.99 * largest):
        weight[2, 40] = value
        check_range(weight, chosen, "fc1")
        rounded = round_matrix(weight, moments_of(torch.eye(128)), chosen).dequantized()
        assert abs(rounded[2, 40] / value - 1) <= 0.51 / chosen.highest  # half a step
        rounded[2, 32:64], exact = 0, weight.clone()
        exact[2, 32:64] = 0
        assert (rounded - exact).abs().max() < 8 / chosen.highest
    for value in (largest * 1.01, -1e30, float("inf"), float("nan")):
        weight[2, 40] = value
        with pytest.raises(CheckpointError, match="fc1 has weights that"):
            check_range(weight, chosen, "fc1")


def test_inputs_that_never_came_harm_nothing():
    inputs = correlated(3)
    inputs[:, 5] = 0
    weight = torch.randn(8, 64, generator=torch.Generator().manual_seed(1))
    weight[2] = 0
    rounded = round_matrix(weight, moments_of(inputs), GptqSettings(4, 32)).dequantized()
    assert rounded.isfinite().all()
    assert (rounded - weight).abs().max() < 1
    assert (rounded[2] == 0).all()


@given(
    bits=st.sampled_from([4, 8]), count=st.integers(1, 4), packs=st.integers(1, 3),
    seed=st.integers(0, 999),
)  # fmt: skip
@settings(max_examples=30, deadline=None)
def test_the_format_is_read_back(bits, count, packs, seed):
    generator = torch.Generator().manual_seed(seed)
    outputs, inputs = packs * 32 // bits, count * 32
    matrix = Rounded(
        torch.randint(0, 2**bits, (outputs, inputs), generator=generator).byte(),
        torch.randint(0, 2**bits, (outputs, count), generator=generator).byte(),
        torch.rand(outputs, count, generator=generator).half(),
    )
    stored = {f"x.{key}": tensor for key, tensor in pack(matrix, GptqSettings(bits, 32)).items()}
    linear = GptqFormat(bits, 0).linear(stored, "x", (outputs, inputs))
    assert torch.equal(linear.values.T, matrix.values)
    assert torch.equal(linear.zeros.T, matrix.zeros)
    assert torch.equal(linear.dequantized(), matrix.dequantized())


def quantize(folder, recipe, *more, registry=None):
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(recipe))
    command = ["quantize", str(path), "--samples", "6", "--held-out", "6", *more]
    return CliRunner().invoke(root, command, obj=registry)


@pytest.fixture(scope="module")
def pocket(tmp_path_factory):
    folder = tmp_path_factory.mktemp("quantized")
    done = quantize(folder, POCKET, "--group-size", "32", "--output", str(folder / "gptq"))
    assert done.exit_code == 0, (done.output, done.exception)
    assert "accuracy on 6 held-out samples" in done.output
    return folder / "gptq"


def test_the_pocket_model_still_answers(pocket):
    stored = load_file(pocket / "llm" / "model.safetensors")
    assert sum(name.endswith(".qweight") for name in stored) == 4 * 6
    assert "lm_head.weight" in stored
    assert "model.layers.0.mlp.fc1.weight" not in stored
    config = json.loads((pocket / "llm" / "config.json").read_text())["quantization_config"]
    assert (config["bits"], config["group_size"], config["desc_act"]) == (4, 32, False)
    assert config["checkpoint_format"] == "gptq_v2"
    engine, original = load(pocket), load("pocket")
    path, question = examples()[0]
    asked = [Message.user(read_image(path), question)]
    assert engine.ask(asked).text == original.ask(asked).text
    for place in ("encoders/image", "projectors"):
        before = FOLDER / "bundle" / place
        for file in before.glob("*.safetensors"):
            kept, now = load_file(file), load_file(pocket / place / file.name)
            assert all(torch.equal(kept[name].float(), now[name].float()) for name in kept)


def test_it_is_converted_for_onnx_runtime(pocket, tmp_path):
    pytest.importorskip("onnx")
    done = CliRunner().invoke(root, ["convert", str(pocket), "--output", str(tmp_path / "cpu")])
    assert done.exit_code == 0, (done.output, done.exception)
    path, question = examples()[0]
    asked = [Message.user(read_image(path), question)]
    assert load(tmp_path / "cpu").ask(asked).text == load(pocket).ask(asked).text


def test_a_model_that_got_worse_is_not_written(tmp_path, monkeypatch):
    def to_nothing(weight, moments, chosen):
        groups = torch.ones(len(weight), weight.shape[1] // chosen.group_size)
        return Rounded(torch.ones_like(weight).byte(), groups.byte(), groups.half())

    monkeypatch.setattr(rounding, "round_matrix", to_nothing)
    done = quantize(tmp_path, POCKET, "--group-size", "32", "--output", str(tmp_path / "gptq"))
    assert done.exit_code != 0
    assert "points of accuracy, 2 are allowed" in done.output
    assert not (tmp_path / "gptq").exists()


def test_groups_that_do_not_fill_a_matrix(tmp_path):
    done = quantize(tmp_path, POCKET, "--group-size", "48", "--output", str(tmp_path / "gptq"))
    assert done.exit_code != 0
    assert "Groups of 48 do not fill the 128 inputs of model.layers.0" in done.output


def test_too_few_samples(recipe, registry, tmp_path):
    target = str(tmp_path / "gptq")
    done = quantize(tmp_path, recipe(), "--group-size", "16", "--output", target, registry=registry)
    assert done.exit_code != 0
    assert "4 usable samples, 12 are asked for" in done.output


def test_an_adapter_is_merged_first(model, recipe, registry, tmp_path):
    base = build(Phi2Options(**{k: v for k, v in model["llm"].items() if k != "plugin"}), "cpu")
    base.add_lora(LoraOptions(r=4, alpha=8))
    torch.manual_seed(0)
    for name, weight in base.module.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.3)
    base.save(tmp_path / "llm")
    plain = load_file(tmp_path / "llm" / "model.safetensors")
    llm = {"plugin": "phi2", "checkpoint": str(tmp_path / "llm"), "dtype": "float32"}
    started = recipe(model={**model, "llm": llm})
    more = ("--bits", "8", "--group-size", "16", "--samples", "3", "--held-out", "1")
    done = quantize(
        tmp_path, started, *more, "--tolerance", "100", "--output", str(tmp_path / "q"),
        registry=registry,
    )  # fmt: skip
    assert done.exit_code == 0, (done.output, done.exception)
    assert not (tmp_path / "q" / "llm" / "adapter").exists()
    base.merge_lora()
    written = build(Phi2Options(checkpoint=str(tmp_path / "q" / "llm")), "cpu")
    name = "model.layers.1.mlp.fc1.weight"
    merged = base.module.state_dict()[name]
    off = (written.module.state_dict()[name] - merged).norm() / merged.norm()
    assert off < 0.02 < (plain[name] - merged).norm() / merged.norm()
