"""The tiny twins really train through the command line, and what they become loads and answers."""

from __future__ import annotations

import json

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from sensorium import Message, load, read_image
from sensorium.errors import ConfigError
from sensorium_llm_phi2.checkpoint import ADAPTER_CONFIG
from sensorium_trainers.freezing import choose
from sensorium_trainers.language import LanguageObjective

LORA = {"r": 4, "alpha": 8, "dropout": 0.1}


def falls(entries, least=0.8):
    """The last loss is at most `least` of the first."""
    losses = [entry["loss"] for entry in entries]
    return losses[-1] < least * losses[0]


def ask(tmp_path, registry, colour="red"):
    engine = load(tmp_path / "out" / "bundle", ["device=cpu", "threads=1"], registry=registry)
    picture = read_image(Image.new("RGB", (40, 20), colour))
    return engine.ask([Message.user(picture, "What colour is it?")]).text


@pytest.mark.slow
def test_encoder_then_instruct(train, log, tmp_path, registry):
    """The pairing of the new encoder with its projector holds in the next stage."""
    done = train("encoder", data=[{"format": "colours"}], steps=12, batch_size=4)
    assert done.exit_code == 0, done.output
    assert falls(log(), 0.5)
    assert log()[-1]["colour_accuracy"] > log()[0]["colour_accuracy"]
    (tmp_path / "out").rename(tmp_path / "first")
    bundle = str(tmp_path / "first" / "bundle")
    done = train("instruct", model=bundle, steps=60, batch_size=4, learning_rate=0.005)
    assert done.exit_code == 0, done.output
    assert falls(log(), 0.1)
    assert [ask(tmp_path, registry, colour) for colour in ("red", "blue")] == [
        "It is red.",
        "It is blue.",
    ]
    same = "encoders/image/model.safetensors"
    before, after = (load_file(tmp_path / d / "bundle" / same) for d in ("first", "out"))
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_align_trains_the_projector_alone(train, log, tmp_path, registry, make_run):
    start = make_run("align").objective.pipeline.llm.module.state_dict()
    done = train("align", steps=25, batch_size=4)
    assert done.exit_code == 0, done.output
    assert falls(log())
    written = load_file(tmp_path / "out" / "bundle" / "llm" / "model.safetensors")
    assert all(torch.equal(start[name], written[name]) for name in written)
    assert ask(tmp_path, registry)


def test_pretrain_reads_text(train, log, tmp_path, model):
    (tmp_path / "corpus.txt").write_text("One line of text.\nAnother line of text.\n")
    text_only = {key: value for key, value in model.items() if key != "encoders"}
    data = [{"format": "text", "path": str(tmp_path / "corpus.txt")}]
    done = train("pretrain", model=text_only, data=data, steps=30)
    assert done.exit_code == 0, done.output
    assert falls(log(), 0.4)


@pytest.mark.slow
@pytest.mark.parametrize("merged", [False, True])
def test_lora(train, log, tmp_path, registry, make_run, merged):
    run = make_run("instruct", lora=LORA)
    start = {n: w.clone() for n, w in run.objective.pipeline.llm.module.state_dict().items()}
    done = train(
        "instruct", lora=LORA, merge_lora=merged, steps=60, batch_size=4, learning_rate=0.02
    )
    assert done.exit_code == 0, done.output
    assert falls(log(), 0.3)
    llm = tmp_path / "out" / "bundle" / "llm"
    written = load_file(llm / "model.safetensors")
    base = {name.replace(".base_layer", ""): w for name, w in start.items()}
    changed = {name for name, weight in written.items() if not torch.equal(weight, base[name])}
    assert (llm / "adapter" / ADAPTER_CONFIG).is_file() is not merged
    assert bool(changed) is merged
    assert all(any(t in name for t in ("_proj", "dense", "fc")) for name in changed)
    # What was trained, before it was written, answers like what is loaded.
    trained = make_run("instruct", lora=LORA, merge_lora=merged)
    trained.load_newest()
    trained.objective.eval()
    loaded = load(tmp_path / "out" / "bundle", ["device=cpu"], registry=registry).pipeline
    ids = torch.arange(4, 40)
    with torch.no_grad():
        one, other = (
            llm.open_session().append(llm.embed(ids), last=36)
            for llm in (trained.objective.pipeline.llm, loaded.llm)
        )
    assert (one - other).abs().max() < 1e-4
    assert ask(tmp_path, registry)


def test_a_model_without_lora_is_named(make_run):
    from sensorium.errors import ConfigError
    from sensorium.testing import FakeLanguageModel
    from sensorium_trainers.lora import adaptable

    with pytest.raises(ConfigError, match="FakeLanguageModel cannot have a LoRA adapter"):
        adaptable(FakeLanguageModel())


def test_half_precision_learns_in_float32(make_run, model):
    def with_dtype(dtype):
        changed = json.loads(json.dumps(model))
        changed["llm"]["dtype"] = changed["encoders"]["image"]["dtype"] = dtype
        return changed

    run = make_run("instruct", model=with_dtype("bfloat16"), freeze=["lm_head.bias"])
    kinds = {w.dtype for w in run.objective.llm.parameters()}
    assert kinds == {torch.float32}
    assert {w.dtype for w in run.objective.encoder.parameters()} == {torch.bfloat16}
    run.train(lambda line: None)
    adapted = make_run("instruct", model=with_dtype("bfloat16"), lora=LORA)
    assert {(w.dtype, w.requires_grad) for w in adapted.objective.llm.parameters()} == {
        (torch.bfloat16, False),
        (torch.float32, True),
    }


def test_dry_run_prints_the_table_and_writes_nothing(train, tmp_path):
    done = train("align", "--dry-run")
    assert done.exit_code == 0, done.output
    rows = [line for line in done.output.splitlines() if not line.startswith("Loading")]
    assert rows[:7] == [
        "group      parameters  learn",
        "llm            22,614      0",
        "encoder        14,880      0",
        "projector       1,856  1,856",
        "4 steps of 2 samples, of 4 in the data",
        "about 68 positions a step, 12 of them learned; 272 in all",
        "memory            2 rows of 40 positions",
    ]
    assert [row.split("  ")[0] for row in rows[7:]] == [
        *("weights", "gradients", "optimizer", "activations", "logits, of these"),
        *("peak", "available"),
    ]
    assert not (tmp_path / "out").exists()


def test_log_and_record(train, log, tmp_path):
    done = train("align", steps=5, log_every=2)
    assert done.exit_code == 0, done.output
    assert [entry["step"] for entry in log()] == [1, 2, 4, 5]
    assert all(
        {"loss", "grad_norm", "learning_rate", "answer_loss", "steps_per_second"} <= entry.keys()
        for entry in log()
    )
    assert "step 5/5  " in done.output
    assert "steps_per_second" in done.output
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert record["stage"] == "align"
    assert record["finished"] == {"steps": 5, "frozen_unchanged": True}
    assert len(record["frozen_sha256"]) == 64
    assert record["recipe"]["steps"] == 5


def test_two_runs_of_one_seed_are_equal_and_of_another_are_not(make_run, tmp_path):
    def weights(name, **changes):
        folder = tmp_path / name
        make_run("instruct", output=str(folder), **changes).train(lambda line: None)
        return load_file(folder / "checkpoint-4" / "model.safetensors")

    first, second, third = weights("a"), weights("b"), weights("c", seed=1)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not all(torch.equal(first[name], third[name]) for name in first)


def test_export_of_the_newest_checkpoint(train, tmp_path):
    none = train("align", "--export")
    assert none.exit_code == 1
    assert "No checkpoint in" in none.output
    assert train("align").exit_code == 0
    bundle = tmp_path / "out" / "bundle" / "sensorium.json"
    bundle.unlink()
    done = train("align", "--export")
    assert done.exit_code == 0, done.output
    assert bundle.is_file()


def test_a_wrong_recipe_is_explained(train):
    for changes, said in (
        ({"steps": 0}, "'steps'"),
        ({"learning_rat": 1}, "learning_rate"),
        ({"data": [{"format": "lava"}]}, "llava"),
        ({"lora": {"rank": 3}}, "lora.rank"),
        ({"device": "cuda:1"}, "'device'"),
    ):
        failed = train("align", **changes)
        assert failed.exit_code == 2, failed.output
        assert said in failed.output


class OnlyEncodes:
    """An encoder as a stranger writes it: nothing in it can be trained."""

    def __init__(self, encoder):
        self.modality, self.width, self.fingerprint = encoder.modality, encoder.width, "stranger"
        self.prepare, self.encode, self.save = encoder.prepare, encoder.encode, encoder.save


def test_an_encoder_that_cannot_be_trained_serves_a_projector(make_run):
    run = make_run("align")
    batch = run.objective.collate([run.data[0], run.data[1]])
    with torch.no_grad():
        expected = run.objective.eval().loss(batch)
    sense = run.objective.pipeline.senses["image"]
    sense.encoder = OnlyEncodes(sense.encoder)
    objective = LanguageObjective(run.objective.pipeline)
    loss = objective.loss(batch)
    loss.backward()
    assert torch.allclose(loss, expected, atol=1e-6)
    assert all(weight.grad is not None for weight in objective.projector.parameters())
    assert not list(objective.encoder.parameters())
    with pytest.raises(ConfigError, match="The encoder has no parameters that can learn"):
        choose(objective, ("encoder", "projector"), run.recipe)
