"""The published sizes, parameter by parameter, without a byte of weights (meta device)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from sensorium.config import load_recipe
from sensorium.contracts import FeatureShape
from sensorium.lora import LoraOptions
from sensorium.pipeline import plan
from sensorium_llm_phi2.build import count_parameters
from sensorium_llm_phi2.model import PhiLanguageModel
from transformers import PhiConfig, PhiForCausalLM

ROOT = Path(__file__).parents[2]
SHAPES = ROOT / "bench/shapes"


def phi(name: str) -> PhiConfig:
    return PhiConfig.from_dict(json.loads((SHAPES / name / "config.json").read_text()))


@pytest.mark.parametrize(("name", "count"), [("phi-2", 2_779_683_840), ("phi-1_5", 1_418_270_720)])
def test_language_models(name, count):
    assert count_parameters(phi(name)) == count


@pytest.mark.parametrize(
    ("recipe", "encoder", "source", "count", "positions"),
    [
        (
            "phi2-clip",
            "clip-vit-large-patch14-336",
            FeatureShape(1024, 576, (24, 24)),
            9_180_160,
            64,
        ),
        ("phi2-tinyclip", "TinyCLIP-ViT-61M-32", FeatureShape(640, 49, (7, 7)), 1_640_960, 49),
    ],
)
def test_projectors_of_the_shipped_recipes(registry, recipe, encoder, source, count, positions):
    overrides = [
        f"llm.checkpoint={SHAPES / 'phi-2'}",
        f"encoders.image.checkpoint={SHAPES / encoder}",
    ]
    planned = plan(load_recipe(ROOT / f"configs/{recipe}.yaml", overrides), registry)
    (sense,) = planned.senses
    assert (sense.source, planned.shape.width) == (source, 2560)
    assert (planned.shape.vocabulary, planned.shape.context_length) == (51_200, 2_048)
    with torch.device("meta"):
        projector = sense.projector.build(sense.projector_options, sense.source, 2560)
    assert sum(parameter.numel() for parameter in projector.parameters()) == count
    assert projector.positions(source.positions) == positions


def test_lora_of_rank_64_on_every_layer_of_phi_2(tmp_path):
    with torch.device("meta"):
        model = PhiLanguageModel(PhiForCausalLM(phi("phi-2")), tmp_path, "meta")
        model.add_lora(LoraOptions(r=64))
    trainable = sum(p.numel() for p in model.module.parameters() if p.requires_grad)
    assert trainable == 94_371_840


@pytest.mark.parametrize("recipe", ["phi2-clip", "phi2-tinyclip"])
def test_the_shipped_recipes_name_models_on_the_hub(recipe):
    loaded = load_recipe(ROOT / f"configs/{recipe}.yaml")
    names = [loaded.llm.settings, loaded.encoders["image"].settings]
    assert all(settings["checkpoint"].count("/") == 1 for settings in names)
