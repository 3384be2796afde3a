"""`sensorium convert` on the shipped pocket model, and a chat with what it wrote."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import sensorium
import torch
from click.testing import CliRunner
from sensorium import Message
from sensorium.cli.root import root
from sensorium.conversion import convert_bundle
from sensorium.loading import plan_source
from sensorium.registry import create_registry
from sensorium_pocket import FOLDER
from sensorium_pocket.evaluation import evaluate
from sensorium_pocket.examples import examples
from transformers import PhiForCausalLM

from .gptq_checkpoints import write_gptq

ROOT = Path(__file__).parents[2]

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")


@pytest.fixture(scope="module")
def gptq(tmp_path_factory):
    """The pocket's language model in 4 bits; its width of 128 takes groups of 32."""
    llm = FOLDER / "bundle" / "llm"
    reference = PhiForCausalLM.from_pretrained(llm, dtype=torch.float32)
    folder = write_gptq(reference, tmp_path_factory.mktemp("pocket") / "gptq")
    shutil.copy(llm / "tokenizer.json", folder)
    return folder


@pytest.fixture(scope="module")
def bundle(gptq):
    folder = gptq.parent / "pocket-cpu"
    command = ["convert", "pocket", "--set", f"llm.checkpoint={gptq}", "--output", str(folder)]
    result = CliRunner().invoke(root, command)
    assert result.exit_code == 0, result.output
    assert "sensorium chat --model" in result.output
    return folder


def ask(engine, path, question):
    return engine.ask([Message.user(sensorium.read_image(path), question)])


def test_it_answers_as_torch_does_with_the_same_integers(gptq, bundle):
    onnx = sensorium.load(bundle)
    torch_ = sensorium.load("pocket", [f"llm.checkpoint={gptq}"])
    assert type(onnx.pipeline.llm) is not type(torch_.pipeline.llm)
    for path, question in examples():
        assert ask(onnx, path, question).text == ask(torch_, path, question).text


def test_it_stays_as_good(bundle):
    measured = dict(list(evaluate(sensorium.load(bundle), 6))[-1])
    right = sum(score.right for score in measured.values())
    total = sum(score.total for score in measured.values())
    assert right / total > 0.85


def test_a_conversation_goes_on_where_it_was(bundle):
    engine = sensorium.load(bundle)
    path, question = examples()[0]
    first = [Message.user(sensorium.read_image(path), question)]
    answer = engine.ask(first)
    second = [*first, Message.assistant(answer.text), Message.user("Where is the car?")]
    warm = engine.ask(second)
    assert warm.usage.reused >= answer.usage.prompt
    assert warm.text == sensorium.load(bundle).ask(second).text


def test_the_bundle_is_complete_and_may_be_moved(bundle, tmp_path):
    manifest = json.loads((bundle / "sensorium.json").read_text())
    assert manifest["name"] == "pocket-cpu"
    assert manifest["recipe"]["llm"] == {
        "plugin": "phi2",
        "backend": "onnx",
        "checkpoint": "./llm",
    }
    written = {path.name for path in (bundle / "llm").iterdir()}
    assert written == {"config.json", "decoder.onnx", "model.safetensors", "tokenizer.json"}
    assert [path.name for path in bundle.parent.iterdir() if path.name.startswith(".")] == []
    moved = shutil.copytree(bundle, tmp_path / "moved")
    path, question = examples()[1]
    assert ask(sensorium.load(moved), path, question).text
    graph = moved / "llm" / "decoder.onnx"
    graph.write_bytes(graph.read_bytes()[:-1])
    with pytest.raises(sensorium.BundleError, match=r"decoder\.onnx"):
        sensorium.load(moved)


def test_the_recipe_for_two_cores():
    """Its parts exist, and what is not converted yet is refused with the command that does it."""
    overrides = [
        f"llm.checkpoint={ROOT / 'bench/shapes/phi-2'}",
        f"encoders.image.checkpoint={ROOT / 'bench/shapes/TinyCLIP-ViT-61M-32'}",
    ]
    planned = plan_source(ROOT / "configs/phi2-gptq-cpu.yaml", overrides)
    assert planned.shape.width == 2560
    with pytest.raises(sensorium.CheckpointError, match=r"decoder\.onnx.*sensorium convert"):
        planned.llm.build(planned.llm_options, "cpu")


def test_its_bench_says_where_the_time_goes(bundle):
    path, question = examples()[0]
    words = ["bench", "--json", "--model", str(bundle), "--image", str(path), question]
    # A process of its own: what other tests have left in this one is not the model's memory.
    command = [sys.executable, "-m", "sensorium", *words]
    measured = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    assert measured["first"]["tokens_per_second"] > 0
    assert measured["estimated"]["phases"]["encode"] > 0
    assert measured["second"]["reused"] > 36  # all of the picture
    assert 0.2 < measured["estimated"]["resident_bytes"] / measured["resident_bytes"] < 4


def test_what_cannot_be_converted(bundle, tmp_path):
    registry = create_registry()
    target = tmp_path / "new"
    with pytest.raises(sensorium.CheckpointError, match="converted already"):
        convert_bundle(plan_source(bundle), target, registry=registry)
    assert list(tmp_path.iterdir()) == []
