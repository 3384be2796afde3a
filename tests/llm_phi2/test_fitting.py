"""What `build` refuses for its shape, `inspect` refuses, from config.json and headers alone."""

from __future__ import annotations

import json

import pytest
import torch
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from sensorium.cli.root import root
from sensorium.errors import CheckpointError, ConfigError
from sensorium_llm_phi2.architecture import read_architecture
from sensorium_llm_phi2.build import build
from sensorium_llm_phi2.checkpoint import inspect
from sensorium_llm_phi2.options import Phi2Options
from transformers import PhiConfig, PhiForCausalLM

from .awq_checkpoints import write_awq
from .conftest import make_reference, make_tokenizer
from .gptq_checkpoints import write_gptq

WEIGHTS = "model.safetensors"


def edit_config(folder, **changes):
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def edit_weights(folder, change):
    weights = load_file(folder / WEIGHTS)
    change(weights)
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})


def both_refuse(folder, match, error=CheckpointError, **options):
    for function in (inspect, lambda chosen: build(chosen, "cpu")):
        with pytest.raises(error, match=match):
            function(Phi2Options(checkpoint=str(folder), **options))


counts = st.integers(1, 6)


@given(
    width=st.sampled_from([24, 32, 60, 80]),
    heads=counts,
    key_value_heads=st.none() | counts,
    share=st.floats(0.05, 1),
    placed=st.sampled_from(["partial_rotary_factor", "rope_parameters", "rope_scaling"]),
    more=st.fixed_dictionaries(
        {}, optional={"qk_layernorm": st.booleans(), "tie_word_embeddings": st.booleans()}
    ),
)
@settings(max_examples=120, deadline=None)
def test_every_shape_is_judged_as_transformers_fares_with_it(
    width, heads, key_value_heads, share, placed, more
):
    rotary = {"partial_rotary_factor": share, "rope_theta": 1e4, "rope_type": "default"}
    raw = {
        "hidden_size": width, "num_attention_heads": heads, "num_key_value_heads": key_value_heads,
        "vocab_size": 12, "intermediate_size": 20, "num_hidden_layers": 2,
        "max_position_embeddings": 16, **more,
        **({placed: share} if placed == "partial_rotary_factor" else {placed: rotary}),
    }  # fmt: skip
    try:
        judged = read_architecture(raw, "here")
    except CheckpointError:
        judged = None
    try:
        model = PhiForCausalLM(PhiConfig.from_dict(dict(raw)))
        model(torch.arange(3)[None])
        # Of no channel, or of one, something is computed, but not the position.
        runs = int(width // heads * share) > 1
    except (RuntimeError, ValueError):
        runs = False
    # transformers runs heads that do not fill the width; sessions and ONNX graphs do not.
    assert (judged is not None) is (runs and width % heads == 0)
    if judged is not None:
        held = {name: tuple(weight.shape) for name, weight in model.state_dict().items()}
        assert judged.tensors == held


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"partial_rotary_factor": 0.25}, "odd width, 5 of 20"),
        ({"rope_parameters": None, "partial_rotary_factor": 0.01}, "odd width, 0 of 20"),
        ({"rope_parameters": None, "partial_rotary_factor": 1.5}, "not a share of 1"),
        ({"num_attention_heads": 6}, "6 does not divide the width 80"),
        ({"num_key_value_heads": 3}, "3 does not divide the 4 heads"),
        ({"num_key_value_heads": 8}, "8 does not divide the 4 heads"),
        ({"num_key_value_heads": 0}, "num_key_value_heads is 0"),
        ({"num_hidden_layers": True}, "num_hidden_layers is True"),
        ({"intermediate_size": "wide"}, "intermediate_size is 'wide'"),
        ({"head_dim": 32}, "head_dim 32 is not 20"),
        ({"num_hidden_layers": 3}, r"14 missing: model\.layers\.2\.input_layernorm\.bias"),
        ({"num_hidden_layers": 1}, r"14 not part of this model: model\.layers\.1"),
        ({"hidden_size": 40}, "of another shape: lm_head.weight"),
        ({"intermediate_size": 60}, r"of another shape: model\.layers\.0\.mlp\.fc1"),
        ({"num_key_value_heads": 2}, r"8 of another shape: .*k_proj"),
        ({"vocab_size": 330}, "3 of another shape: lm_head"),
        ({"vocab_size": 300}, r"tokenizer\.json has 310 tokens, .* vocab_size of 300"),
        ({"qk_layernorm": True}, "8 missing: .*k_layernorm"),
    ],
)
def test_a_config_that_is_not_of_these_weights(checkpoint, changes, match):
    if "rope_parameters" not in changes and "partial_rotary_factor" in changes:
        changes = {**changes, "rope_parameters": None}
    edit_config(checkpoint, **changes)
    both_refuse(checkpoint, match)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda w: w.pop("model.layers.1.mlp.fc2.bias"), r"1 missing: model\.layers\.1\.mlp"),
        (lambda w: w.update({"lm_head.bias": torch.zeros(7)}), r"another shape: lm_head\.bias"),
        (lambda w: w.update({"extra": torch.zeros(7)}), "not part of this model: extra"),
        (lambda w: w.pop("lm_head.weight"), r"1 missing: lm_head\.weight"),
    ],
)
def test_weights_that_are_not_of_this_config(checkpoint, change, match):
    edit_weights(checkpoint, change)
    both_refuse(checkpoint, match)


def test_files_that_cannot_be_read(checkpoint):
    (checkpoint / "tokenizer.json").write_text("{}")
    both_refuse(checkpoint, r"tokenizer\.json is damaged")
    (checkpoint / "tokenizer.json").unlink()
    whole = (checkpoint / WEIGHTS).read_bytes()
    (checkpoint / WEIGHTS).write_bytes(whole[:5000])
    both_refuse(checkpoint, "not a readable safetensors file")


def test_a_tied_vocabulary_may_be_there_once_or_twice(tmp_path):
    for left_out in (None, "lm_head.weight", "model.embed_tokens.weight"):
        make_reference(tie_word_embeddings=True).save_pretrained(tmp_path)
        weights = load_file(tmp_path / WEIGHTS)
        weights["lm_head.weight"] = weights["model.embed_tokens.weight"].clone()
        if left_out:
            del weights[left_out]
        save_file(weights, tmp_path / WEIGHTS, metadata={"format": "pt"})
        options = Phi2Options(checkpoint=str(tmp_path))
        assert inspect(options).width == build(options, "cpu").width
    edit_weights(tmp_path, lambda w: w.pop("lm_head.weight"))
    both_refuse(tmp_path, r"2 missing: lm_head\.weight, model\.embed_tokens\.weight")


def test_parts_are_those_that_the_index_names(reference, tmp_path):
    """Whatever else lies beside them: transformers reads no more."""
    reference.save_pretrained(tmp_path, max_shard_size="60KB")
    parts = sorted(tmp_path.glob("model-*.safetensors"))
    assert len(parts) > 2
    save_file({"other": torch.zeros(3)}, tmp_path / "training_state.safetensors")
    for dtype in ("float32", "bfloat16"):
        options = Phi2Options(checkpoint=str(tmp_path), dtype=dtype)
        assert inspect(options).width == build(options, "cpu").width == 80
    parts[1].unlink()
    both_refuse(tmp_path, f"lacks {parts[1].name}")
    index = tmp_path / "model.safetensors.index.json"
    for content in ("{}", '{"weight_map": {"a": 1}}', '{"weight_map": {"a": "../b"}}', "["):
        index.write_text(content)
        both_refuse(tmp_path, r"weight_map|not readable JSON")


def gptq(folder):
    return write_gptq(make_reference(hidden_size=128), folder)


def awq(folder):
    return write_awq(make_reference(hidden_size=128), folder)


@pytest.mark.parametrize("write", [gptq, awq])
def test_integers_are_judged_by_what_they_stand_for(tmp_path, write):
    folder = write(tmp_path / "integers")
    options = Phi2Options(checkpoint=str(folder))
    assert inspect(options).width == build(options, "cpu").width == 128
    good = load_file(folder / WEIGHTS)
    fc1 = "model.layers.0.mlp.fc1"
    for change, match in (
        (lambda w: w.pop(f"{fc1}.scales"), "has no scales"),
        (lambda w: w.update({f"{fc1}.qzeros": w[f"{fc1}.qzeros"][:, 1:]}), f"{fc1} does not fit"),
        (lambda w: w.update({f"{fc1}.qweight": w[f"{fc1}.qweight"][1:]}), fc1),
        (lambda w: w.pop("lm_head.bias"), r"1 missing: lm_head\.bias"),
    ):
        weights = {name: tensor.clone() for name, tensor in good.items()}
        change(weights)
        contiguous = {name: tensor.contiguous() for name, tensor in weights.items()}
        save_file(contiguous, folder / WEIGHTS, metadata={"format": "pt"})
        both_refuse(folder, match)
    save_file(good, folder / WEIGHTS, metadata={"format": "pt"})
    edit_config(folder, intermediate_size=128)
    both_refuse(folder, "of another shape: model.layers.0.mlp.fc1")
    edit_config(folder, intermediate_size=64, quantization_config={"quant_method": "aqlm"})
    both_refuse(folder, "aqlm")


def test_nf4(tmp_path):
    pytest.importorskip("bitsandbytes")
    make_reference(hidden_size=128).save_pretrained(tmp_path / "plain")
    make_tokenizer().save(str(tmp_path / "plain" / "tokenizer.json"))
    chosen = Phi2Options(checkpoint=str(tmp_path / "plain"), quantization="nf4")
    build(chosen, "cpu").save(tmp_path / "nf4")
    options = Phi2Options(checkpoint=str(tmp_path / "nf4"))
    assert inspect(options).width == build(options, "cpu").width == 128
    edit_weights(tmp_path / "nf4", lambda w: w.pop("model.layers.1.mlp.fc1.bias"))
    both_refuse(tmp_path / "nf4", r"1 missing: model\.layers\.1\.mlp\.fc1\.bias")
    make_reference(hidden_size=80).save_pretrained(tmp_path / "odd")
    both_refuse(tmp_path / "odd", "blocks of 64", ConfigError, quantization="nf4")


def test_random_weights_and_folders_without_any_have_a_shape(checkpoint):
    edit_config(checkpoint, num_hidden_layers=7)
    assert inspect(Phi2Options(checkpoint=str(checkpoint), random_seed=1)).width == 80
    (checkpoint / WEIGHTS).unlink()
    assert inspect(Phi2Options(checkpoint=str(checkpoint))).width == 80


def test_the_command_says_so(checkpoint, tmp_path):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        f"template: llava-phi\nllm: {{plugin: phi2, checkpoint: {json.dumps(str(checkpoint))}}}\n"
    )
    assert CliRunner().invoke(root, ["config", "validate", str(recipe)]).exit_code == 0
    edit_config(checkpoint, rope_parameters=None, partial_rotary_factor=0.25)
    done = CliRunner().invoke(root, ["config", "validate", str(recipe)])
    assert done.exit_code == 1
    assert "odd width" in " ".join(done.output.split())
