"""nf4 through bitsandbytes, on the CPU."""

from __future__ import annotations

import importlib.util

import pytest
import torch
from sensorium.errors import ConfigError, MissingPackageError
from sensorium.lora import LoraOptions
from sensorium_llm_phi2.adapters import add_lora, merge
from sensorium_llm_phi2.build import build
from sensorium_llm_phi2.options import Phi2Options

from .conftest import make_reference, make_tokenizer

IDS = torch.arange(20, 50)


@pytest.fixture
def checkpoint(tmp_path):
    """Widths of whole blocks."""
    folder = tmp_path / "checkpoint"
    make_reference(hidden_size=128).save_pretrained(folder)
    make_tokenizer().save(str(folder / "tokenizer.json"))
    return folder


def logits(model):
    with torch.no_grad():
        return model.open_session().append(model.embed(IDS), last=len(IDS))


def nf4(checkpoint, **more):
    return build(Phi2Options(checkpoint=str(checkpoint), quantization="nf4", **more), "cpu")


def test_the_package_is_named_before_anything_is_read(checkpoint, monkeypatch):
    original = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec",
        lambda name, *a: None if name == "bitsandbytes" else original(name, *a),
    )
    with pytest.raises(MissingPackageError, match=r"pip install .*\[quantize\]'"):
        nf4(checkpoint)


def test_widths_that_blocks_do_not_fill(tmp_path):
    pytest.importorskip("bitsandbytes")
    make_reference(hidden_size=80).save_pretrained(tmp_path / "odd")
    with pytest.raises(ConfigError, match=r"blocks of 64 .* hidden_size of 80"):
        nf4(tmp_path / "odd")


@pytest.mark.parametrize("seed", [None, 1])
def test_it_answers_like_a_dense_model_of_the_same_rounded_weights(checkpoint, seed):
    functional = pytest.importorskip("bitsandbytes.functional")
    model = nf4(checkpoint, random_seed=seed)
    dense = build(Phi2Options(checkpoint=str(checkpoint), random_seed=seed), "cpu")
    layers = {
        name: layer
        for name, layer in model.module.named_modules()
        if type(layer).__name__ == "Linear4bit"
    }
    assert len(layers) == 2 * 6
    with torch.no_grad():
        for name, layer in layers.items():
            weight = dense.module.get_parameter(f"{name}.weight")
            rounded = functional.dequantize_4bit(layer.weight.data, layer.weight.quant_state)
            assert 0 < (rounded - weight).norm() / weight.norm() < 0.1
            weight.copy_(rounded)
    torch.testing.assert_close(logits(model), logits(dense), atol=1e-4, rtol=1e-4)


def test_adapter_trains_on_it_and_both_are_saved(checkpoint, tmp_path):
    pytest.importorskip("bitsandbytes")
    model = nf4(checkpoint)
    add_lora(model, LoraOptions(r=2, dropout=0))
    trainable = [p for p in model.module.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trainable, lr=0.02)
    causal = torch.tril(torch.ones(30, 30, dtype=torch.bool))[None, None]
    losses = []
    for _ in range(6):
        hidden = model.hidden(model.embed(IDS)[None], causal, torch.arange(30)[None])
        predicted = model.logits(hidden[0, :-1])
        loss = torch.nn.functional.cross_entropy(predicted, IDS[1:])
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    assert losses[-1] < losses[0] * 0.8
    for folder in (tmp_path / "once", tmp_path / "twice"):
        model.save(folder)
        loaded = build(Phi2Options(checkpoint=str(folder)), "cpu")
        torch.testing.assert_close(logits(loaded), logits(model), atol=1e-5, rtol=1e-5)
        model = loaded
    with pytest.raises(ConfigError, match="cannot be merged"):
        merge(model)
