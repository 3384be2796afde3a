"""Adapters on head and embeddings, which may be one weight: saved, loaded and merged as by PEFT."""

from __future__ import annotations

import json
import warnings

import peft
import pytest
import torch
from safetensors.torch import load_file, save_file
from sensorium.errors import CheckpointError, ConfigError
from sensorium.lora import LoraOptions
from sensorium_llm_phi2.build import build
from sensorium_llm_phi2.options import Phi2Options
from transformers import PhiForCausalLM

from .conftest import make_reference, make_tokenizer

IDS = torch.arange(20, 50)
TARGETS = {
    "head": ("lm_head",),
    "table": ("embed_tokens",),
    "both": ("lm_head", "embed_tokens"),
    "inside": ("fc1",),
    "all": ("fc1", "lm_head", "embed_tokens", "q_proj"),
}


@pytest.fixture(params=[False, True], ids=["apart", "tied"])
def base(request, tmp_path):
    folder = tmp_path / "base"
    make_reference(tie_word_embeddings=request.param).save_pretrained(folder)
    make_tokenizer().save(str(folder / "tokenizer.json"))
    return folder


def open_model(folder, **more):
    return build(Phi2Options(checkpoint=str(folder), **more), "cpu")


def logits(model):
    with torch.no_grad():
        return model.open_session().append(model.embed(IDS), last=len(IDS))


def same(actual, expected):
    """To rounding: the answers have a standard deviation of about 10."""
    assert (actual - expected).abs().max() <= 1e-6 * expected.abs().max()


def draw(module):
    """Both factors of every adapter anew: a fresh one changes nothing."""
    torch.manual_seed(3)
    with torch.no_grad():
        for name, weight in module.named_parameters():
            if "lora_" in name and "magnitude" not in name:
                weight.normal_(std=0.2)


def adapted(folder, targets):
    model = open_model(folder)
    model.add_lora(LoraOptions(r=4, alpha=8, dropout=0, targets=targets))
    plain = logits(model)
    draw(model.module)
    assert (logits(model) - plain).abs().max() > 0.1
    return model


def by_peft(folder, adapter):
    """What PEFT makes of the same files."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain = PhiForCausalLM.from_pretrained(folder, dtype=torch.float32)
        theirs = peft.PeftModel.from_pretrained(plain, adapter).eval()
    with torch.no_grad():
        return theirs(IDS[None]).logits[0]


@pytest.mark.parametrize("targets", TARGETS.values(), ids=TARGETS)
def test_what_is_saved_loads_as_by_peft(base, tmp_path, targets):
    model = adapted(base, targets)
    for folder in (tmp_path / "once", tmp_path / "twice"):
        model.save(folder)
        loaded = open_model(folder)
        same(logits(loaded), logits(model))
        same(logits(loaded), by_peft(folder, folder / "adapter"))
        model = loaded


@pytest.mark.parametrize("targets", TARGETS.values(), ids=TARGETS)
def test_merging_is_exact_and_unties_what_it_must(base, tmp_path, targets):
    model = adapted(base, targets)
    expected = logits(model)
    tied = json.loads((base / "config.json").read_text())["tie_word_embeddings"]
    model.check_merge()
    model.merge_lora()
    same(logits(model), expected)
    model.save(tmp_path / "merged")
    same(logits(open_model(tmp_path / "merged")), expected)
    theirs = PhiForCausalLM.from_pretrained(tmp_path / "merged", dtype=torch.float32)
    with torch.no_grad():
        same(theirs(IDS[None]).logits[0], expected)
    stays = tied and not {"lm_head", "embed_tokens"} & set(targets)
    written = json.loads((tmp_path / "merged" / "config.json").read_text())
    assert written["tie_word_embeddings"] is stays
    assert ("lm_head.weight" in load_file(tmp_path / "merged" / "model.safetensors")) is not stays


def peft_saves(base, folder, *, change=None, **settings):
    """An adapter that PEFT made on `base`, with everything it stores beside one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain = PhiForCausalLM.from_pretrained(base, dtype=torch.float32)
        theirs = peft.get_peft_model(plain, peft.LoraConfig(r=4, **settings)).eval()
        draw(theirs)
        if change:
            change(theirs)
        theirs.save_pretrained(folder)
    return folder


def other_vocabulary(theirs):
    with torch.no_grad():
        theirs.get_base_model().model.embed_tokens.base_layer.weight.mul_(1.5)


def other_biases(theirs):
    with torch.no_grad():
        for name, weight in theirs.named_parameters():
            if name.endswith("fc1.base_layer.bias"):
                weight.add_(1)


BY_PEFT = {
    "head": {"target_modules": ["lm_head"]},
    "table": {"target_modules": ["q_proj", "embed_tokens"]},
    "by pattern": {"target_modules": r".*\.(fc1|embed_tokens)"},
    "other table below": {"target_modules": ["embed_tokens"], "change": other_vocabulary},
    "rslora": {"target_modules": ["lm_head", "fc2"], "use_rslora": True},
    "dora": {"target_modules": ["lm_head", "embed_tokens", "dense"], "use_dora": True},
    "adapter with a bias": {"target_modules": ["lm_head", "fc1"], "lora_bias": True},
    "biases": {"target_modules": ["fc1"], "bias": "lora_only", "change": other_biases},
    "ranks": {"target_modules": ["lm_head", "fc1"], "rank_pattern": {"lm_head": 2}},
    "pissa": {"target_modules": ["fc1", "q_proj"], "init_lora_weights": "pissa"},
    "tied adapters": {"target_modules": ["lm_head", "fc1"], "ensure_weight_tying": True},
}


@pytest.mark.filterwarnings("ignore:You have requested `ensure_weight_tying`")
@pytest.mark.parametrize("settings", BY_PEFT.values(), ids=BY_PEFT)
def test_what_peft_saved(base, tmp_path, settings):
    adapter = peft_saves(base, tmp_path / "adapter", **settings)
    expected = by_peft(base, adapter)
    model = open_model(base, adapter=adapter)
    same(logits(model), expected)
    model.save(tmp_path / "saved")
    again = open_model(tmp_path / "saved")
    same(logits(again), expected)
    again.merge_lora()
    again.save(tmp_path / "merged")
    same(logits(open_model(tmp_path / "merged")), expected)


@pytest.mark.parametrize(
    "settings",
    [
        {"modules_to_save": ["lm_head"]},
        {"trainable_token_indices": [3, 4]},
        {"layer_replication": [[0, 2], [1, 2]]},
        {"alora_invocation_tokens": [5, 6]},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_what_replaces_parts_of_the_model_is_refused(base, tmp_path, settings):
    adapter = peft_saves(base, tmp_path / "adapter", target_modules=["fc1"], **settings)
    with pytest.raises(CheckpointError, match=f"uses {next(iter(settings))}"):
        open_model(base, adapter=adapter)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_two_ends_that_differ_in_a_file_that_says_they_are_one(tmp_path, dtype):
    """transformers believes the file; so must what is saved of it."""
    folder = tmp_path / "base"
    make_reference(tie_word_embeddings=True).save_pretrained(folder)
    weights = load_file(folder / "model.safetensors")
    weights["lm_head.weight"] = weights["model.embed_tokens.weight"].flip(0).contiguous()
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    model = open_model(folder, dtype=dtype)
    model.save(tmp_path / "saved")
    again = open_model(tmp_path / "saved", dtype=dtype)
    assert torch.equal(logits(again), logits(model))
    head = again.module.lm_head.weight
    assert torch.equal(head, weights["lm_head.weight"].to(head.dtype))


@pytest.mark.parametrize("name", ["mlp", "final_layernorm", "layers", "nose"])
def test_only_linear_and_embedding_layers_can_have_one(base, name):
    with pytest.raises(ConfigError, match=f"layers named {name} .*It has: .*lm_head"):
        open_model(base).add_lora(LoraOptions(targets=(name, "fc1")))
