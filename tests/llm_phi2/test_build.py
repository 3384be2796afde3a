"""What is loaded, what is refused and what the refusal says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from sensorium.contracts import LanguageModelShape, TrainableLanguageModel
from sensorium.errors import CheckpointError
from sensorium_llm_phi2 import build as building
from sensorium_llm_phi2.build import build
from sensorium_llm_phi2.checkpoint import inspect
from sensorium_llm_phi2.options import Phi2Options
from sensorium_llm_phi2.weights import StoredTensor

from .conftest import make_reference


def options(folder, **more) -> Phi2Options:
    return Phi2Options(checkpoint=str(folder), **more)


def edit_config(folder, **changes):
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_inspect_reads_config_only(checkpoint):
    (checkpoint / "model.safetensors").unlink()
    shape = inspect(options(checkpoint))
    assert shape == LanguageModelShape(width=80, vocabulary=320, context_length=96)


def test_the_contract_and_the_weights(model, reference):
    assert isinstance(model, TrainableLanguageModel)
    assert (model.width, model.vocabulary, model.context_length) == (80, 320, 96)
    assert not model.module.training
    ours, theirs = model.module.state_dict(), reference.state_dict()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_packed_conversations_do_not_see_each_other(model, reference):
    """[prefix | first | second] under a block mask equals prefix + second alone."""
    ids = torch.arange(40, 52)
    mask = torch.tril(torch.ones(12, 12, dtype=torch.bool))
    mask[8:, 4:8] = False
    positions = torch.tensor([0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7])
    hidden = model.hidden(model.embed(ids)[None], mask[None, None], positions[None])
    alone = torch.cat([ids[:4], ids[8:]])
    expected = reference.model(alone[None]).last_hidden_state
    torch.testing.assert_close(hidden[:, 8:], expected[:, 4:], atol=1e-5, rtol=1e-5)
    with torch.no_grad():
        logits = model.logits(hidden[0, 8:])
        torch.testing.assert_close(
            logits, reference(alone[None]).logits[0, 4:], atol=1e-5, rtol=1e-5
        )


def test_a_position_that_may_see_nothing_harms_no_gradient(model):
    mask = torch.tril(torch.ones(6, 6, dtype=torch.bool))
    mask[5] = False  # padding
    embeddings = torch.randn(1, 6, 80, requires_grad=True)
    hidden = model.hidden(embeddings, mask[None, None], torch.arange(6)[None])
    hidden[:, :5].sum().backward()
    assert embeddings.grad.isfinite().all()


def test_random_weights_follow_the_seed_and_leave_the_global_one(checkpoint):
    (checkpoint / "model.safetensors").unlink()
    (checkpoint / "tokenizer.json").unlink()
    before = torch.get_rng_state()
    first, again, other = (build(options(checkpoint, random_seed=s), "cpu") for s in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    weights = [m.module.state_dict()["lm_head.weight"] for m in (first, again, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    assert first.fingerprint == again.fingerprint != other.fingerprint
    with pytest.raises(CheckpointError, match=r"tokenizer\.json"):
        _ = first.tokenizer


@pytest.mark.parametrize("seed", [None, 3])
def test_save_and_load(checkpoint, tmp_path, seed):
    model = build(options(checkpoint, random_seed=seed), "cpu")
    model.save(tmp_path / "saved")
    loaded = build(options(tmp_path / "saved"), "cpu")
    for name, weight in model.module.state_dict().items():
        assert torch.equal(weight, loaded.module.state_dict()[name])
    assert loaded.tokenizer.encode("two cats") == model.tokenizer.encode("two cats")
    assert str(checkpoint) not in (tmp_path / "saved" / "config.json").read_text()


def mapped(path) -> int:
    """Bytes of the file that this process has in memory as a map."""
    parts = Path("/proc/self/smaps").read_text().split(f"{path}\n")[1:]
    return sum(1024 * int(part.split("\nRss:", 1)[1].split()[0]) for part in parts)


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="the kernel tells nothing")
@pytest.mark.parametrize("quantization", [None, "nf4"])
def test_weights_that_are_converted_are_let_go_one_by_one(tmp_path, monkeypatch, quantization):
    """What is mapped counts as memory beside the model, up to the last of it."""
    monkeypatch.setenv("HF_DEACTIVATE_ASYNC_LOAD", "1")  # else several are under way at once
    shape = {"hidden_size": 128, "num_attention_heads": 4, "partial_rotary_factor": 0.5}
    made = make_reference(**shape, intermediate_size=256, vocab_size=16384)
    made.save_pretrained(tmp_path)
    file = tmp_path / "model.safetensors"
    held = []

    def watched(tensor, index):
        held.append(mapped(file))
        return read(tensor, index)

    read = StoredTensor.__getitem__
    monkeypatch.setattr(StoredTensor, "__getitem__", watched)
    build(options(tmp_path, dtype="bfloat16", quantization=quantization), "cpu")
    assert len(held) == len(made.state_dict())
    assert max(held) < 0.15 * file.stat().st_size


def test_save_over_the_files_it_was_loaded_from(checkpoint):
    """The loaded weights may be a memory map of the very file."""
    model = build(options(checkpoint), "cpu")
    before = {name: weight.clone() for name, weight in model.module.state_dict().items()}
    model.save(checkpoint)
    loaded = build(options(checkpoint), "cpu").module.state_dict()
    assert all(torch.equal(weight, loaded[name]) for name, weight in before.items())
    expected = {"config.json", "model.safetensors", "tokenizer.json"}
    assert {path.name for path in checkpoint.iterdir()} - expected <= {"generation_config.json"}


def test_a_saved_model_keeps_its_fingerprint_and_another_has_another(checkpoint, tmp_path):
    model = build(options(checkpoint), "cpu")
    model.save(tmp_path / "same")
    assert build(options(tmp_path / "same"), "cpu").fingerprint == model.fingerprint
    with torch.no_grad():
        model.module.lm_head.bias[0] += 1
    model.save(tmp_path / "changed")
    assert build(options(tmp_path / "changed"), "cpu").fingerprint != model.fingerprint


def test_dtypes(checkpoint, monkeypatch):
    assert build(options(checkpoint, dtype="bfloat16"), "cpu").dtype == torch.bfloat16
    random = build(options(checkpoint, dtype="bfloat16", random_seed=1), "cpu")
    assert {p.dtype for p in random.module.parameters()} == {torch.bfloat16}
    logits = random.open_session().append(torch.randn(4, 80))
    assert logits.dtype == torch.float32
    place = "sensorium_llm_phi2.placement."
    monkeypatch.setattr(place + "computes_bfloat16", lambda: False)
    assert build(options(checkpoint), "cpu").dtype == torch.float32
    monkeypatch.setattr(place + "available_memory", lambda: 1 << 20)
    assert build(options(checkpoint), "cpu").dtype == torch.bfloat16
    monkeypatch.setattr(place + "available_memory", lambda: 1 << 40)
    monkeypatch.setattr(place + "computes_bfloat16", lambda: True)
    assert build(options(checkpoint), "cpu").dtype == torch.float32  # it is small
    monkeypatch.setattr(place + "SMALL", 0)
    assert build(options(checkpoint), "cpu").dtype == torch.bfloat16


def test_only_phi(checkpoint):
    edit_config(checkpoint, model_type="llama")
    for function in (inspect, lambda o: build(o, "cpu")):
        with pytest.raises(CheckpointError, match=r"'llama'.*'phi'.*Use a Phi-1.*docs/plugins\.md"):
            function(options(checkpoint))


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, '{"model_type": "phi"}'])
def test_broken_config(checkpoint, text):
    (checkpoint / "config.json").write_text(text)
    with pytest.raises(CheckpointError):
        inspect(options(checkpoint))


@pytest.mark.parametrize("changes", [{"num_attention_heads": "many"}, {"num_attention_heads": 10}])
def test_impossible_config(checkpoint, changes):
    edit_config(checkpoint, **changes)
    with pytest.raises(CheckpointError, match="no Phi model"):
        build(options(checkpoint), "cpu")


def test_foreign_quantization_is_refused(checkpoint):
    edit_config(checkpoint, quantization_config={"quant_method": "aqlm"})
    with pytest.raises(CheckpointError, match="aqlm"):
        build(options(checkpoint), "cpu")


def test_pickles_are_refused_unopened(checkpoint):
    (checkpoint / "model.safetensors").unlink()
    (checkpoint / "pytorch_model.bin").write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    with pytest.raises(CheckpointError, match=r"pytorch_model\.bin, a pickle"):
        build(options(checkpoint), "cpu")


@pytest.mark.parametrize("kept", [4, 5000, -1000])
def test_truncated_weights(checkpoint, kept):
    path = checkpoint / "model.safetensors"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(CheckpointError, match="safetensors"):
        build(options(checkpoint), "cpu")


def test_a_bit_flipped_in_the_header(checkpoint):
    path = checkpoint / "model.safetensors"
    data = bytearray(path.read_bytes())
    data[data.index(b"lm_head.bias")] ^= 1
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match=r"missing: lm_head\.bias"):
        build(options(checkpoint), "cpu")


def edit_weights(folder, change):
    path = folder / "model.safetensors"
    weights = load_file(path)
    change(weights)
    save_file(weights, path, metadata={"format": "pt"})


def test_gaps_are_named(checkpoint):
    edit_weights(checkpoint, lambda w: w.pop("model.layers.1.mlp.fc1.weight"))
    with pytest.raises(CheckpointError, match=r"1 missing: model\.layers\.1\.mlp\.fc1\.weight"):
        build(options(checkpoint), "cpu")


def test_other_shapes_are_named(checkpoint):
    edit_weights(checkpoint, lambda w: w.update({"lm_head.bias": torch.zeros(7)}))
    with pytest.raises(CheckpointError, match=r"another shape: lm_head\.bias"):
        build(options(checkpoint), "cpu")


def test_surplus_is_named_but_old_rotary_tables_are_welcome(checkpoint):
    table = "model.layers.0.self_attn.rotary_emb.inv_freq"
    edit_weights(checkpoint, lambda w: w.update({table: torch.zeros(2)}))
    build(options(checkpoint), "cpu")
    edit_weights(checkpoint, lambda w: w.update({"mm_projector.weight": torch.zeros(2)}))
    with pytest.raises(CheckpointError, match=r"not part of this model: mm_projector\.weight"):
        build(options(checkpoint), "cpu")


def test_missing_folder_and_unreachable_hub(tmp_path, monkeypatch):
    with pytest.raises(CheckpointError, match="No folder"):
        inspect(options(tmp_path / "nowhere"))
    with pytest.raises(CheckpointError, match=r"no config\.json"):
        inspect(options(tmp_path))

    def offline(*args, **kwargs):
        raise ConnectionError("no route")

    monkeypatch.setattr("huggingface_hub.get_hf_file_metadata", offline)
    monkeypatch.setattr("huggingface_hub.snapshot_download", offline)
    for function in (inspect, lambda o: build(o, "cpu")):
        with pytest.raises(CheckpointError, match="hf download microsoft/phi-2"):
            function(Phi2Options())


def test_weights_are_hashed_before_anything_is_built(checkpoint, monkeypatch):
    monkeypatch.setattr(building, "_load", lambda *a: pytest.fail("built"))
    (checkpoint / "model.safetensors").unlink()
    with pytest.raises(CheckpointError, match="No safetensors"):
        build(options(checkpoint), "cpu")


def test_random_weights_take_another_shape(checkpoint):
    shallow = Phi2Options(
        checkpoint=str(checkpoint), random_seed=1, config={"num_hidden_layers": 1}, dtype="float32"
    )
    model = build(shallow, "cpu")
    assert model.depth == 1
    assert {weight.device.type for weight in build(shallow, "meta").module.parameters()} == {"meta"}
    with pytest.raises(ValueError, match="set random_seed"):
        Phi2Options(checkpoint=str(checkpoint), config={"num_hidden_layers": 1})
