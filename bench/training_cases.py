"""What `training.py` trains: two models with random weights, and pictures with conversations."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from sensorium_pocket.pictures import scene_of
from sensorium_pocket.world.questions import sample_questions
from sensorium_pocket.world.scenes import draw

ROOT = Path(__file__).parents[1]
CLIP = ROOT / "bench/shapes/clip-vit-large-patch14-336/config.json"
POCKET = ROOT / "plugins/pocket/sensorium_pocket/bundle"


@dataclass(frozen=True, slots=True)
class Case:
    """One comparison. `turns` are drawn from for each sample; `size` is that of its picture."""

    name: Literal["encoder-bound", "llm-bound"]
    stage: Literal["align", "instruct"]
    width: int
    layers: int
    vocabulary: int
    batch: int
    steps: int
    turns: Sequence[int]
    size: tuple[int, int]
    encoder: Mapping[str, int] | None = None
    """What a random CLIP-L/336 has otherwise; None is the trained encoder of the pocket model."""
    row_positions: int | None = None
    cached: bool = False


ENCODER_BOUND = Case(
    name="encoder-bound",
    stage="align",
    width=256,
    layers=4,
    vocabulary=1280,
    batch=4,
    steps=8,
    turns=(1,),
    size=(640, 480),
    encoder=MappingProxyType({}),
    cached=True,
)
LLM_BOUND = Case(
    name="llm-bound",
    stage="instruct",
    width=768,
    layers=12,
    vocabulary=8192,
    batch=8,
    steps=10,
    turns=(1, 1, 1, 1, 2, 2, 4, 8, 16, 32),
    size=(96, 96),
    row_positions=2048,
)


def write_models(case: Case, folder: Path) -> dict[str, Any]:
    """Shapes for random weights → the recipe's `model`."""
    llm, image = folder / "llm", folder / "image"
    llm.mkdir(parents=True)
    shutil.copy(POCKET / "llm/tokenizer.json", llm)
    shape = json.loads((POCKET / "llm/config.json").read_text("utf-8"))
    shape["rope_parameters"]["partial_rotary_factor"] = 0.5  # of 64, the width of a head
    shape |= {
        "hidden_size": case.width,
        "intermediate_size": 4 * case.width,
        "num_hidden_layers": case.layers,
        "num_attention_heads": max(1, case.width // 64),
        "num_key_value_heads": max(1, case.width // 64),
        "vocab_size": case.vocabulary,
        "max_position_embeddings": 2048,
        "initializer_range": 0.02,
    }
    (llm / "config.json").write_text(json.dumps(shape), "utf-8")
    encoder: dict[str, Any] = {"plugin": "clip", "dtype": "float32"}
    if case.encoder is None:
        encoder |= {"checkpoint": str(POCKET / "encoders/image"), "layer": -1}
    else:
        image.mkdir()
        clip = json.loads(CLIP.read_text("utf-8"))
        clip["vision_config"] |= case.encoder
        (image / "config.json").write_text(json.dumps(clip), "utf-8")
        encoder |= {"checkpoint": str(image), "random_seed": 0}
    return {
        "template": "pocket",
        "llm": {"plugin": "phi2", "checkpoint": str(llm), "random_seed": 0, "dtype": "float32"},
        "encoders": {"image": {**encoder, "projector": {"plugin": "mlp", "depth": 2}}},
    }


def write_data(case: Case, folder: Path, *, first: int, samples: int) -> Path:
    """LLaVA's form: so many pictures from `first` on, each with one conversation."""
    folder.mkdir(parents=True)
    records = []
    for seed in range(first, first + samples):
        rng, scene = scene_of(seed)
        draw(scene).resize(case.size).save(folder / f"{seed}.jpg", quality=90)
        wanted = rng.choice(case.turns)
        talks = sample_questions(scene, rng, wanted)
        turns = [turn for talk in talks for turn in talk][:wanted]
        said = [
            {"from": sender, "value": text}
            for turn in turns
            for sender, text in (("human", turn.question), ("gpt", turn.answer))
        ]
        said[0]["value"] = f"<image>\n{said[0]['value']}"
        records.append({"id": str(seed), "image": f"{seed}.jpg", "conversations": said})
    path = folder / "data.json"
    path.write_text(json.dumps(records), "utf-8")
    return path
