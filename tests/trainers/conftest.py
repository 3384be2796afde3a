"""Tiny twins of every part: a CLIP of 16 positions, a Phi of 32 wide, words as tokens."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import tokenizers
import torch
import yaml
from click.testing import CliRunner
from PIL import Image
from sensorium import DatasetFormat, DenseSample, hookimpl, read_image
from sensorium.cli.root import root
from sensorium.discovery import find_plugins
from sensorium.options import NoOptions
from sensorium.registry import Registry
from sensorium_trainers.loop import Run
from sensorium_trainers.recipe import TrainingRecipe
from sensorium_trainers.stages import STAGES
from tokenizers import decoders, models, pre_tokenizers

from .launching import Launcher

POSITIONS = 16
COLOURS = ("red", "green", "blue", "yellow")
CONTROL = ("<|endoftext|>", "<|user|>", "<|assistant|>", "<|end|>")
WORDS = (
    *("Be", "kind", ".", "?", ",", ":", "What", "is", "it", "A", "cat", "and", "dogs", "And"),
    *("Two", "It", *COLOURS, "colour", "Look", "here", "the", "a", "two", "three", "USER"),
    *("ASSISTANT", "Yes", "No", "yes", "no", "One", "line", "of", "text", "Another"),
)


def make_tokenizer() -> tokenizers.Tokenizer:
    """Every word is a token, with and without the space in front; so labels can be read."""
    pieces = [*CONTROL, "[?]", "Ġ", "Ċ", *dict.fromkeys(v for w in WORDS for v in (w, f"Ġ{w}"))]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    made = tokenizers.Tokenizer(models.WordLevel(vocabulary, unk_token="[?]"))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens(list(CONTROL))
    return made


class Colours:
    """Dense samples: every patch of a plain picture has the picture's colour."""

    def __init__(self) -> None:
        self.classes = {"colour": len(COLOURS)}

    def __len__(self) -> int:
        return len(COLOURS)

    def __getitem__(self, index: int) -> DenseSample:
        picture = read_image(Image.new("RGB", (32, 32), COLOURS[index]))
        return DenseSample(picture, {"colour": torch.full((POSITIONS,), index)})


class Plugin:
    @hookimpl
    def register_dataset_formats(self):
        yield DatasetFormat(
            name="colours", summary="plain", options=NoOptions, open=lambda options: Colours()
        )


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def registry() -> Registry:
    plugins = find_plugins()
    plugins.register(Plugin(), "colours", "a test")
    return Registry(plugins)


@pytest.fixture(scope="session")
def parts(tmp_path_factory) -> Path:
    """Configurations of the tiny encoder and the tiny language model, and the tokenizer."""
    root = tmp_path_factory.mktemp("parts")
    (root / "llm").mkdir()
    (root / "encoder").mkdir()
    tokenizer = make_tokenizer()
    tokenizer.save(str(root / "llm" / "tokenizer.json"))
    llm = {
        "model_type": "phi",
        "vocab_size": tokenizer.get_vocab_size() + 3,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "max_position_embeddings": 128,
        "partial_rotary_factor": 0.5,
        "initializer_range": 0.2,
        "resid_pdrop": 0.1,
        "bos_token_id": 0,
        "eos_token_id": 0,
    }
    encoder = {
        "model_type": "clip_vision_model",
        "hidden_size": 24,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": 32,
        "patch_size": 8,
    }
    (root / "llm" / "config.json").write_text(json.dumps(llm))
    (root / "encoder" / "config.json").write_text(json.dumps(encoder))
    return root


@pytest.fixture(scope="session")
def model(parts) -> dict[str, Any]:
    """A recipe of random weights."""
    image = {
        "plugin": "clip",
        "checkpoint": str(parts / "encoder"),
        "random_seed": 1,
        "layer": -1,
        "projector": {"plugin": "mlp", "depth": 2},
    }
    llm = {"plugin": "phi2", "checkpoint": str(parts / "llm"), "random_seed": 1}
    return {
        "template": "pocket",
        "llm": {**llm, "dtype": "float32"},
        "encoders": {"image": {**image, "dtype": "float32"}},
        "system": "Be kind.",
    }


@pytest.fixture(scope="session")
def llava(tmp_path_factory) -> Path:
    """Four pictures with one question each, and one with two."""
    folder = tmp_path_factory.mktemp("llava")
    records = []
    for number, colour in enumerate(COLOURS):
        Image.new("RGB", (40, 20), colour).save(folder / f"{colour}.png")
        turns = [("human", "<image>\nWhat colour is it?"), ("gpt", f"It is {colour}.")]
        if number == 0:
            turns += [("human", "And dogs?"), ("gpt", "No.")]
        record = {"id": f"n{number}", "image": f"{colour}.png"}
        records.append({**record, "conversations": [{"from": f, "value": v} for f, v in turns]})
    (folder / "data.json").write_text(json.dumps(records))
    return folder / "data.json"


@pytest.fixture
def recipe(model, llava, tmp_path) -> Callable[..., dict[str, Any]]:
    """`recipe(steps=3)`: the tree of a training recipe."""

    def make(**changes: Any) -> dict[str, Any]:
        tree = {
            "model": model,
            "data": [{"format": "llava", "path": str(llava)}],
            "output": str(tmp_path / "out"),
            "steps": 4,
            "batch_size": 2,
            "learning_rate": 0.01,
            "schedule": "constant",
            "log_every": 1,
            "threads": 1,
            "device": "cpu",
        }
        return {**tree, **changes}

    return make


@pytest.fixture
def make_run(recipe, registry) -> Callable[..., Run]:
    """`make_run("align", steps=3)`."""

    def make(stage: str, **changes: Any) -> Run:
        return Run(STAGES[stage], TrainingRecipe.model_validate(recipe(**changes)), registry)

    return make


@pytest.fixture
def train(recipe, registry, tmp_path):
    """`train("align", "--dry-run", steps=3)`: the command line in this process."""

    def run(stage: str, *flags: str, **changes: Any):
        path = tmp_path / "recipe.yaml"
        path.write_text(yaml.safe_dump(recipe(**changes)))
        words = ["train", stage, "--config", str(path), *flags]
        return CliRunner().invoke(root, words, obj=registry)

    return run


@pytest.fixture
def log(tmp_path):
    """The entries of log.jsonl."""

    def read() -> list[dict[str, float]]:
        lines = (tmp_path / "out" / "log.jsonl").read_text().splitlines()
        return [json.loads(line, parse_constant=pytest.fail) for line in lines]

    return read


@pytest.fixture
def hub_offline(monkeypatch) -> None:
    """Nothing is asked of the hub, and nothing is drawn while data is read."""
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    datasets.disable_progress_bars()


@pytest.fixture
def bench(monkeypatch) -> Callable[[str], ModuleType]:
    """`bench("pretraining")`: a script of bench/ as a module."""

    def load(name: str) -> ModuleType:
        path = Path(__file__).parents[2] / f"bench/{name}.py"
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None:
            raise ImportError(str(path))
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)  # where its dataclasses look for it
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture
def launcher(registry, tmp_path) -> Launcher:
    """Runs the command line in processes of their own."""
    return Launcher(registry, tmp_path)
