"""`lora` on any layer, head and embeddings included: what a run exports is what it trained."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import load_file
from sensorium import load

IDS = torch.arange(4, 30)


@pytest.fixture(params=[False, True], ids=["apart", "tied"])
def llm(request, parts, tmp_path):
    """`llm(quantization="nf4")`: the tiny language model alone, its ends tied or not."""
    folder = tmp_path / "llm"
    folder.mkdir()
    config = json.loads((parts / "llm" / "config.json").read_text())
    # As wide as blocks of nf4 are.
    wide = {"hidden_size": 64, "num_attention_heads": 4, "tie_word_embeddings": request.param}
    (folder / "config.json").write_text(json.dumps({**config, **wide}))
    (folder / "tokenizer.json").write_bytes((parts / "llm" / "tokenizer.json").read_bytes())

    def make(**more):
        llm = {"plugin": "phi2", "checkpoint": str(folder), "random_seed": 1, **more}
        return {"template": "pocket", "llm": {"dtype": "float32", **llm}}

    return make


@pytest.fixture
def talk(tmp_path):
    """Data without pictures."""
    turns = [{"role": "user", "content": "What is it?"}, {"role": "assistant", "content": "A cat."}]
    path = tmp_path / "talk.jsonl"
    path.write_text(json.dumps({"messages": turns}) + "\n")
    return [{"format": "chat", "path": str(path)}]


def logits(llm):
    with torch.no_grad():
        return llm.open_session().append(llm.embed(IDS), last=len(IDS))


@pytest.mark.parametrize("merged", [False, True], ids=["beside", "merged"])
@pytest.mark.parametrize("targets", [["lm_head"], ["embed_tokens", "fc1"], ["fc1", "dense"]])
def test_what_is_exported_is_what_was_trained(
    make_run, llm, talk, tmp_path, registry, targets, merged
):
    lora = {"r": 4, "alpha": 8, "dropout": 0, "targets": targets}
    run = make_run(
        "instruct", model=llm(), data=talk, trains=["llm"], lora=lora, merge_lora=merged,
        steps=2, batch_size=1, learning_rate=0.05,
    )  # fmt: skip
    trained = run.objective.pipeline.llm
    answers = []
    export = run.objective.export
    run.objective.export = lambda recipe: answers.append(logits(trained)) or export(recipe)
    start = logits(trained)
    run.train(lambda line: None)
    loaded = load(tmp_path / "out" / "bundle", ["device=cpu"], registry=registry).pipeline.llm
    assert (answers[0] - start).abs().max() > 1e-3
    assert (logits(loaded) - answers[0]).abs().max() < 1e-5
    assert (loaded.adapter is None) is merged


def test_an_adapter_that_cannot_be_merged_is_refused_first(train, llm, talk, tmp_path):
    pytest.importorskip("bitsandbytes")
    recipe = {
        "model": llm(quantization="nf4"), "data": talk, "trains": ["llm"], "merge_lora": True,
    }  # fmt: skip
    for flags in ((), ("--dry-run",)):
        done = train("instruct", *flags, **recipe, lora={"targets": ["fc1", "lm_head"]})
        assert done.exit_code == 2
        said = " ".join(done.output.split())
        assert "cannot be merged into nf4 weights without rounding it away (fc1)" in said
        assert "merge_lora" in said
        assert not list((tmp_path / "out").rglob("*"))
    # The head of such a model is no integers.
    done = train("instruct", **recipe, lora={"targets": ["lm_head"]}, steps=1, batch_size=1)
    assert done.exit_code == 0, done.output
    written = load_file(tmp_path / "out" / "bundle" / "llm" / "model.safetensors")
    assert "lm_head.weight" in written
    assert not (tmp_path / "out" / "bundle" / "llm" / "adapter").exists()
