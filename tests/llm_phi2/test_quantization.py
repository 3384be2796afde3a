"""nf4 through bitsandbytes, on the CPU."""

from __future__ import annotations

import importlib.util

import pytest
import torch
from sensorium.errors import ConfigError, MissingPackageError
from sensorium_llm_phi2.adapters import LoraOptions, add_lora, merge
from sensorium_llm_phi2.build import build
from sensorium_llm_phi2.options import Phi2Options

IDS = torch.arange(20, 50)


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
    with pytest.raises(MissingPackageError, match=r"pip install 'sensorium\[quantize\]'"):
        nf4(checkpoint)


@pytest.mark.parametrize("seed", [None, 1])
def test_it_answers_nearly_like_the_dense_model(checkpoint, seed):
    pytest.importorskip("bitsandbytes")
    model = nf4(checkpoint, random_seed=seed)
    dense = build(Phi2Options(checkpoint=str(checkpoint), random_seed=seed), "cpu")
    assert type(model.decoder.layers[0].mlp.fc1).__name__ == "Linear4bit"
    error = (logits(model) - logits(dense)).norm() / logits(dense).norm()
    assert 0 < error < 0.3


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
