"""What a run must not start from is refused before it learns, and nothing of it is executed."""

from __future__ import annotations

import json
import shutil

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file, save_file
from sensorium.cli.root import root


@pytest.fixture(scope="module")
def bundle(parts, model, llava, registry, tmp_path_factory):
    """A finished bundle of the tiny models."""
    from sensorium_trainers.loop import Run
    from sensorium_trainers.recipe import TrainingRecipe
    from sensorium_trainers.stages import STAGES

    tree = {
        "model": model,
        "data": [{"format": "llava", "path": str(llava)}],
        "output": str(tmp_path_factory.mktemp("bundle")),
        "steps": 1,
        "device": "cpu",
    }
    recipe = TrainingRecipe.model_validate(tree)
    return Run(STAGES["align"], recipe, registry).train(lambda line: None)


@pytest.fixture
def harmed(bundle, tmp_path):
    """A copy that may be harmed."""
    return shutil.copytree(bundle, tmp_path / "harmed")


def refused(train, model, said):
    done = train("align", model=model, steps=2)
    assert done.exit_code in {1, 2}
    assert said in " ".join(done.output.split())
    assert "step 1/" not in done.output


def test_a_flipped_bit(train, harmed):
    weights = harmed / "llm" / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    refused(train, str(harmed), "is not the file that was saved")


def test_pickled_weights(train, model, harmed, tmp_path):
    weights = tmp_path / "pickled.safetensors"
    torch.save(load_file(harmed / "projectors" / "image.safetensors"), weights)
    refused(train, with_projector(model, weights), "is not a readable safetensors file")


def test_a_projector_of_another_width(train, model, harmed, tmp_path):
    held = load_file(harmed / "projectors" / "image.safetensors")
    wider = {name: torch.cat([tensor, tensor]) for name, tensor in held.items()}
    save_file(wider, tmp_path / "wide.safetensors")
    refused(train, with_projector(model, tmp_path / "wide.safetensors"), "do not fit")


def test_a_yaml_tag_that_would_run(registry, tmp_path):
    mark = tmp_path / "executed"
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        f"model: !!python/object/apply:os.mkdir [{json.dumps(str(mark))}]\nsteps: 1\n"
    )
    words = ["train", "align", "--config", str(recipe)]
    done = CliRunner().invoke(root, words, obj=registry)
    assert done.exit_code == 2
    assert "recipe.yaml" in done.output
    assert not mark.exists()


def with_projector(model, weights):
    image = model["encoders"]["image"]
    projector = {**image["projector"], "weights": str(weights)}
    return {**model, "encoders": {"image": {**image, "projector": projector}}}
