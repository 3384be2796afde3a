"""Settings of the recipe that transformers carries out: each changes what it shall, and learns."""

from __future__ import annotations

import shutil

import pytest
import torch
from safetensors.torch import load_file
from sensorium.errors import ConfigError, MissingPackageError
from sensorium_trainers.recipe import TrainingRecipe
from sensorium_trainers.schedule import arguments
from torch.utils._pytree import tree_leaves

LORA = {"r": 4, "alpha": 8, "dropout": 0.1}


def losses(entries):
    return [entry["loss"] for entry in entries]


@pytest.mark.parametrize(
    ("stage", "changes"), [("align", {}), ("instruct", {}), ("instruct", {"lora": LORA})]
)
def test_gradient_checkpointing_changes_no_bit_but_what_is_kept(
    make_run, log, tmp_path, stage, changes
):
    """Dropout included: the second computation draws the same numbers as the first."""
    kept = []
    for name in ("a", "b"):
        run = make_run(
            stage, output=str(tmp_path / name), gradient_checkpointing=name == "b", **changes
        )
        run.train(lambda line: None)
        counted = 0

        def count(tensor):
            nonlocal counted
            counted += tensor.numel()
            return tensor

        batch = run.objective.train().collate([run.data[0], run.data[1]])
        with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
            run.objective(**batch)
        kept.append(counted)
    first, second = (load_file(tmp_path / n / "checkpoint-4" / "model.safetensors") for n in "ab")
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert kept[1] < 0.7 * kept[0]


def test_autocast_computes_in_half_precision_and_learns_in_float32(make_run, log):
    run = make_run("instruct", autocast="bfloat16", steps=25, batch_size=4)
    seen = set()
    layer = run.objective.llm.model.layers[0].mlp.fc1
    layer.register_forward_hook(lambda module, inputs, output: seen.add(output.dtype))
    run.train(lambda line: None)
    assert seen == {torch.bfloat16}
    assert {weight.dtype for weight in run.objective.llm.parameters()} == {torch.float32}
    assert losses(log())[-1] < 0.7 * losses(log())[0]


@pytest.mark.parametrize("name", ["muon", "adamw_8bit", "paged_adamw", "paged_adamw_8bit"])
def test_other_optimizers_learn_and_go_on_bit_equal(make_run, model, log, tmp_path, name):
    # Small parameters keep their moments in float32.
    wide = {**model, "llm": {**model["llm"], "config": {"intermediate_size": 256}}}

    def run():
        changes = {"optimizer": name, "save_every": 10, "batch_size": 4}
        return make_run("instruct", model=wide, steps=20, **changes)

    run().train(lambda line: None)
    newest = tmp_path / "out" / "checkpoint-20"
    assert losses(log())[-1] < 0.8 * losses(log())[0]
    state = torch.load(newest / "optimizer.pt", weights_only=True)["state"]
    kinds = {leaf.dtype for leaf in tree_leaves(state) if isinstance(leaf, torch.Tensor)}
    assert (torch.uint8 in kinds) is name.endswith("8bit")
    expected = load_file(newest / "model.safetensors")
    shutil.rmtree(newest)
    run().train(lambda line: None)
    continued = load_file(newest / "model.safetensors")
    assert all(torch.equal(expected[key], continued[key]) for key in expected)


def recipe_of(recipe, **changes):
    return TrainingRecipe.model_validate(recipe(**changes))


def test_bitsandbytes_is_named_where_it_is_missing(recipe, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingPackageError, match=r"adamw_8bit.*pip install .*\[quantize\]"):
        arguments(recipe_of(recipe, optimizer="adamw_8bit"))


def test_float16_is_refused_without_a_gpu(recipe):
    with pytest.raises(ConfigError, match="float16 needs a GPU"):
        arguments(recipe_of(recipe, autocast="float16"))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("c++") is None, reason="no C++ compiler")
@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")  # torch, of itself
def test_a_compiled_model_learns_as_the_plain_one(make_run, log, tmp_path):
    curves = []
    for name in ("a", "b"):
        run = make_run("align", output=str(tmp_path / name), compile=name == "b", steps=4)
        run.train(lambda line: None)
        curves.append(load_file(tmp_path / name / "checkpoint-4" / "model.safetensors"))
    assert curves[0].keys() == curves[1].keys()
    assert all(torch.allclose(curves[0][n], curves[1][n], atol=1e-5) for n in curves[0])
