"""Adapters are PEFT's: what we write plain peft reads, and the other way round."""

from __future__ import annotations

import codecs
import json

import peft
import pytest
import torch
from safetensors.torch import load_file, save_file
from sensorium.errors import CheckpointError, ConfigError
from sensorium.lora import LoraOptions
from sensorium_llm_phi2.adapter_files import load_lora, save_lora
from sensorium_llm_phi2.adapters import add_lora, merge
from sensorium_llm_phi2.build import build
from sensorium_llm_phi2.options import Phi2Options
from transformers import PhiForCausalLM

IDS = torch.arange(20, 50)


def logits(model):
    with torch.no_grad():
        return model.open_session().append(model.embed(IDS), last=len(IDS))


def adapted(checkpoint):
    """A model with an adapter that changes its answers."""
    model = build(Phi2Options(checkpoint=str(checkpoint)), "cpu")
    plain = logits(model)
    add_lora(model, LoraOptions(r=4, alpha=8))
    torch.testing.assert_close(logits(model), plain)  # fresh: changes nothing
    torch.manual_seed(0)
    for name, parameter in model.module.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    assert (logits(model) - plain).abs().max() > 0.1
    return model


def close(actual, expected):
    torch.testing.assert_close(actual, expected, atol=1e-5, rtol=1e-5)


def test_only_the_adapter_learns(checkpoint):
    model = adapted(checkpoint)
    causal = torch.tril(torch.ones(30, 30, dtype=torch.bool))[None, None]
    hidden = model.hidden(model.embed(IDS)[None], causal, torch.arange(30)[None])
    model.logits(hidden[0]).square().mean().backward()
    learned = {n for n, p in model.module.named_parameters() if p.grad is not None}
    assert learned == {n for n, _ in model.module.named_parameters() if "lora_" in n}
    assert len(learned) == 2 * 2 * 6  # two factors, two layers, six targets


def test_round_trip_inside_of_a_saved_model(checkpoint, tmp_path):
    model = adapted(checkpoint)
    model.save(tmp_path / "saved")
    loaded = build(Phi2Options(checkpoint=str(tmp_path / "saved")), "cpu")
    close(logits(loaded), logits(model))
    assert not any(p.requires_grad for p in loaded.adapter.parameters())
    base = build(Phi2Options(checkpoint=str(checkpoint)), "cpu")
    assert loaded.fingerprint != base.fingerprint


def test_plain_peft_reads_it(checkpoint, tmp_path):
    model = adapted(checkpoint)
    save_lora(model, tmp_path / "lora")
    reference = PhiForCausalLM.from_pretrained(checkpoint, dtype=torch.float32)
    with pytest.warns(FutureWarning, match="is_gradient_checkpointing"):
        theirs = peft.PeftModel.from_pretrained(reference, tmp_path / "lora").eval()
    with torch.no_grad():
        close(theirs(IDS[None]).logits[0], logits(model))
    written = (tmp_path / "lora" / "adapter_config.json").read_text()
    assert str(checkpoint) not in written


def test_plain_peft_wrote_it(checkpoint, tmp_path):
    reference = PhiForCausalLM.from_pretrained(checkpoint, dtype=torch.float32)
    config = peft.LoraConfig(r=2, target_modules=["q_proj", "fc1"], init_lora_weights=False)
    with pytest.warns(FutureWarning, match="is_gradient_checkpointing"):
        theirs = peft.get_peft_model(reference, config).eval()
    theirs.save_pretrained(tmp_path / "lora")
    options = Phi2Options(checkpoint=str(checkpoint), adapter=tmp_path / "lora")
    with torch.no_grad():
        close(logits(build(options, "cpu")), theirs(IDS[None]).logits[0])


def test_merge_then_save_leaves_a_plain_model(checkpoint, tmp_path):
    model = adapted(checkpoint)
    expected, module = logits(model), model.module
    model.save(tmp_path / "saved")
    merge(model)
    assert model.module is module
    assert model.adapter is None
    close(logits(model), expected)
    model.save(tmp_path / "saved")  # over the adapter: it must not be applied twice
    loaded = build(Phi2Options(checkpoint=str(tmp_path / "saved")), "cpu")
    assert loaded.adapter is None
    close(logits(loaded), expected)
    reference = PhiForCausalLM.from_pretrained(tmp_path / "saved", dtype=torch.float32)
    with torch.no_grad():
        close(reference(IDS[None]).logits[0], expected)


def test_training_goes_on_from_a_saved_adapter(checkpoint, tmp_path):
    save_lora(adapted(checkpoint), tmp_path / "lora")
    model = build(Phi2Options(checkpoint=str(checkpoint)), "cpu")
    load_lora(model, tmp_path / "lora", trainable=True)
    names = [n for n, p in model.module.named_parameters() if p.requires_grad]
    assert len(names) == 24
    assert all("lora_" in name for name in names)


def test_what_does_not_fit_is_refused(checkpoint, tmp_path):
    model = adapted(checkpoint)
    folder = tmp_path / "lora"
    save_lora(model, folder)
    options = Phi2Options(checkpoint=str(checkpoint), adapter=folder)
    weights = folder / "adapter_model.safetensors"
    good = load_file(weights)
    first = sorted(good)[0]

    def refused(match):
        with pytest.raises(CheckpointError, match=match):
            build(options, "cpu")

    save_file({k: v for k, v in good.items() if k != first}, weights)
    refused("1 weights differ")
    save_file({**good, first: good[first][:, :3].contiguous()}, weights)
    refused("does not fit")
    weights.write_bytes(weights.read_bytes()[:700])
    refused("does not fit")
    weights.rename(folder / "adapter_model.bin")
    refused("pickle")
    save_file(good, weights)
    config = json.loads((folder / "adapter_config.json").read_text())
    for text, match in (
        (json.dumps({**config, "peft_type": "IA3"}), "no LoRA adapter"),
        (json.dumps({**config, "modules_to_save": ["lm_head"]}), "modules_to_save"),
        ("{", "does not fit"),
        ("[]", "no LoRA adapter"),
    ):
        (folder / "adapter_config.json").write_text(text)
        refused(match)


@pytest.mark.parametrize("change", ["mark", "runtime", "lines"])
def test_a_configuration_as_editors_and_others_write_it(checkpoint, tmp_path, change):
    save_lora(adapted(checkpoint), tmp_path)
    path = tmp_path / "adapter_config.json"
    config = json.loads(path.read_text())
    if change == "runtime":
        config["runtime_config"] = {"ephemeral_gpu_offload": True}
    text = json.dumps(config, indent=2)
    text = text.replace("\n", "\r\n") if change == "lines" else text
    path.write_bytes(codecs.BOM_UTF8 * (change != "runtime") + text.encode())
    model = build(Phi2Options(checkpoint=str(checkpoint)), "cpu")
    load_lora(model, tmp_path)
    close(logits(model), logits(adapted(checkpoint)))


def test_a_refused_adapter_leaves_the_model_as_it_was(checkpoint, tmp_path):
    save_lora(adapted(checkpoint), tmp_path)
    good = load_file(tmp_path / "adapter_model.safetensors")
    good.popitem()
    save_file(good, tmp_path / "adapter_model.safetensors")
    model = build(Phi2Options(checkpoint=str(checkpoint)), "cpu")
    before = list(model.module.state_dict())
    with pytest.raises(CheckpointError):
        load_lora(model, tmp_path)
    assert list(model.module.state_dict()) == before
    add_lora(model, LoraOptions(r=2))


def test_misuse(checkpoint):
    model = build(Phi2Options(checkpoint=str(checkpoint)), "cpu")
    for function in (merge, lambda m: save_lora(m, checkpoint)):
        with pytest.raises(ConfigError, match="no adapter"):
            function(model)
    with pytest.raises(ConfigError, match="no linear or embedding layers named nose"):
        add_lora(model, LoraOptions(targets=("nose", "fc1")))
    add_lora(model, LoraOptions(r=2))
    with pytest.raises(ConfigError, match="already"):
        add_lora(model, LoraOptions(r=2))
