"""Tiny CLIP checkpoints, saved by transformers' own classes."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from sensorium_vision_clip import build_clip
from sensorium_vision_clip.options import ClipOptions
from transformers import CLIPConfig, CLIPModel, CLIPVisionConfig, CLIPVisionModel

TINY = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "image_size": 32,
    "patch_size": 8,
    "projection_dim": 16,
}
TEXT = {
    "hidden_size": 16,
    "intermediate_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "vocab_size": 20,
    "bos_token_id": 1,
    "eos_token_id": 2,
}


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def saved(tmp_path_factory):
    """{name: (folder, reference vision tower)}; read only."""
    root = tmp_path_factory.mktemp("clip")
    models = {}
    for activation in ("gelu", "quick_gelu"):
        torch.manual_seed(0)
        tower = CLIPVisionModel(CLIPVisionConfig(**TINY, hidden_act=activation)).eval()
        # The reference's initialisation is so small that layers hardly differ: make it matter.
        with torch.no_grad():
            for parameter in tower.parameters():
                parameter.add_(torch.randn_like(parameter) * 0.3)
        tower.save_pretrained(root / activation)
        models[activation] = (root / activation, tower)
    torch.manual_seed(1)
    vision = TINY | {"hidden_act": "gelu"}
    whole = CLIPModel(CLIPConfig(vision_config=vision, text_config=TEXT)).eval()
    whole.save_pretrained(root / "whole")
    models["whole"] = (root / "whole", whole.vision_model)
    models["old"] = (root / "old", models["quick_gelu"][1])
    _write_old_style(models["quick_gelu"][0], root / "old")
    return models


def _write_old_style(source: Path, folder: Path) -> None:
    """As transformers 4 wrote it: a `vision_model.` prefix and the position ids."""
    folder.mkdir()
    state = load_file(source / "model.safetensors")
    old = {f"vision_model.{name}": value for name, value in state.items()}
    old["vision_model.embeddings.position_ids"] = torch.arange(17)[None]
    save_file(old, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text((source / "config.json").read_text())


@pytest.fixture
def copy(saved, tmp_path):
    """`copy(name)`: a private copy of a saved checkpoint, to be damaged."""

    def make(name: str = "quick_gelu") -> Path:
        folder = tmp_path / "copy"
        folder.mkdir()
        for file in saved[name][0].iterdir():
            (folder / file.name).write_bytes(file.read_bytes())
        return folder

    return make


@pytest.fixture
def make():
    """`make(folder, **options)`: the encoder on the CPU."""

    def build(folder: Path, **options):
        return build_clip(ClipOptions(checkpoint=str(folder), **options), "cpu")

    return build


@pytest.fixture
def pixels():
    """[2, 3, 32, 32] float32."""
    return torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(2))


@pytest.fixture
def edit():
    """`edit(folder, file, **changes)`: change values of a JSON file; None removes one."""

    def change(folder: Path, file: str, **changes):
        content = json.loads((folder / file).read_text()) | changes
        content = {key: value for key, value in content.items() if value is not None}
        (folder / file).write_text(json.dumps(content))

    return change
