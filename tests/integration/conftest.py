"""Tiny real models: CLIP and Phi with fixed weights, composed by the installed plugins."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tokenizers
import torch
from PIL import Image
from sensorium import ChatEngine, Media, read_image
from sensorium.bundle import save_bundle
from sensorium.config import make_recipe, merge
from sensorium.discovery import find_plugins
from sensorium.pipeline import plan
from sensorium.registry import Registry
from tokenizers import decoders, models, pre_tokenizers, trainers
from transformers import CLIPVisionConfig, CLIPVisionModel, PhiConfig, PhiForCausalLM

TEXT = "A chat between a curious user and an assistant. USER: What is it? ASSISTANT: Two cats."
PHI = {
    "vocab_size": 340,
    "hidden_size": 48,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 400,
    "partial_rotary_factor": 0.5,
    "bos_token_id": 0,
    "eos_token_id": 0,
}
CLIP = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "image_size": 32,
    "patch_size": 8,
    "projection_dim": 16,
}

Tree = dict[str, Any]
Compose = Callable[..., ChatEngine]


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def registry() -> Registry:
    return Registry(find_plugins([], []))


def _stronger(module: torch.nn.Module) -> None:
    """The usual start is so small that a layer left out would hardly show."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.15)


def _backend() -> tokenizers.Tokenizer:
    backend = tokenizers.Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=330,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    backend.train_from_iterator([TEXT] * 4, trainer)
    return backend


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `llm`, `clip`, `wide` (a CLIP of another width) and `other` (of the same)."""
    root = tmp_path_factory.mktemp("checkpoints")
    torch.manual_seed(0)
    llm = PhiForCausalLM(PhiConfig(**PHI)).eval()
    _stronger(llm)
    with torch.no_grad():
        llm.lm_head.bias.zero_()  # Llava's head has none
    llm.save_pretrained(root / "llm")
    _backend().save(str(root / "llm" / "tokenizer.json"))
    for name, changes in (("clip", {}), ("other", {}), ("wide", {"hidden_size": 40})):
        tower = CLIPVisionModel(CLIPVisionConfig(**(CLIP | changes), hidden_act="quick_gelu"))
        _stronger(tower)
        tower.save_pretrained(root / name)
    return root


@pytest.fixture
def copies(checkpoints: Path, tmp_path: Path) -> Path:
    """The same, to be damaged."""
    return Path(shutil.copytree(checkpoints, tmp_path / "copies"))


@pytest.fixture(scope="session")
def tree(checkpoints: Path) -> Tree:
    return recipe_tree(checkpoints)


@pytest.fixture
def make_tree() -> Callable[[Path], Tree]:
    return recipe_tree


def recipe_tree(folder: Path) -> Tree:
    """A recipe over the checkpoints in `folder`."""
    return {
        "llm": {"plugin": "phi2", "checkpoint": str(folder / "llm"), "dtype": "float32"},
        "encoders": {
            "image": {
                "plugin": "clip",
                "checkpoint": str(folder / "clip"),
                "dtype": "float32",
                "projector": {"plugin": "mlp"},
            }
        },
        "template": "llava-phi",
        "generation": {"max_tokens": 12},
        "device": "cpu",
    }


@pytest.fixture(scope="session")
def compose(tree: Tree, registry: Registry) -> Compose:
    """`compose({...})`: an engine of the recipe with changes; random weights always the same."""

    def compose(changes: Tree | None = None, **settings: Any) -> ChatEngine:
        recipe = make_recipe(merge(tree, changes or {}), source="recipe.yaml")
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(3)
            engine = ChatEngine(plan(recipe, registry, source="recipe.yaml").build(), **settings)
        return engine

    return compose


@pytest.fixture(scope="session")
def pictures() -> list[Media]:
    """Three pictures that differ everywhere."""
    noise = torch.randint(0, 256, (3, 20, 24, 3), generator=torch.Generator().manual_seed(4))
    return [read_image(Image.fromarray(one.to(torch.uint8).numpy(), "RGB")) for one in noise]


@pytest.fixture(scope="session")
def original(compose: Compose) -> ChatEngine:
    """What the bundle is made of."""
    return compose({"device": "cpu", "threads": 1, "system": "Be brief."})


@pytest.fixture(scope="session")
def shared(original: ChatEngine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved bundle; read only."""
    folder = tmp_path_factory.mktemp("saved") / "bundle"
    save_bundle(original.pipeline, folder, name="tiny")
    return folder


@pytest.fixture
def folder(shared: Path, tmp_path: Path) -> Path:
    """A copy of the bundle that may be damaged."""
    return Path(shutil.copytree(shared, tmp_path / "bundle"))
