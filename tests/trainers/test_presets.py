"""A tiny twin of every preset trains: the same file, with small checkpoints and data in its places.

The checkpoints are of the reference classes, as transformers saves them.
"""

from __future__ import annotations

import json
import wave
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from click.testing import CliRunner
from PIL import Image
from safetensors.torch import load_file
from sensorium import Message, load, read_audio, read_image
from sensorium.cli.root import root
from sensorium_trainers.presets import presets

from .conftest import COLOURS, make_tokenizer

NOTES = (220, 440, 880, 1760)
STAGE = {name: summary.partition(":")[0] for name, summary in presets().items()}
AFTER = {"instruct-full": "align-clip-l336", "instruct-qlora": "align-clip-l336"}
SHORT = (
    *("steps=20", "batch_size=4", "accumulate=2", "warmup_steps=2", "learning_rate=0.02"),
    *("device=cpu", "threads=1", "log_every=1", "save_every=10"),
)
ANSWERS = ("It is a cat.", "It is a yes.", "One line of text.", "And two dogs.")


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    """Checkpoints by the last part of their hub id, pictures, recordings and text."""
    folder = tmp_path_factory.mktemp("small")
    tokenizer = make_tokenizer()
    torch.manual_seed(0)
    shape = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2}
    phi = transformers.PhiConfig(
        **shape,
        vocab_size=tokenizer.get_vocab_size() + 3,
        num_attention_heads=2,
        max_position_embeddings=512,
        initializer_range=0.2,
        bos_token_id=0,
        eos_token_id=0,
    )
    vision = {**shape, "image_size": 32, "patch_size": 8, "num_attention_heads": 2}
    text = {**shape, "num_attention_heads": 2, "vocab_size": 20}
    whisper = transformers.WhisperConfig(
        vocab_size=20,
        d_model=32,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        **dict.fromkeys(("pad_token_id", "bos_token_id", "eos_token_id"), 1),
    )
    clip = transformers.CLIPConfig(text_config=text, vision_config=vision)
    for name, model in (
        ("phi-2", transformers.PhiForCausalLM(phi)),
        ("phi-1_5", transformers.PhiForCausalLM(phi)),
        ("clip-vit-large-patch14-336", transformers.CLIPModel(clip)),
        ("TinyCLIP-ViT-61M-32-Text-29M-LAION400M", transformers.CLIPModel(clip)),
        ("whisper-small", transformers.WhisperForConditionalGeneration(whisper)),
    ):
        model.save_pretrained(folder / name)
        tokenizer.save(str(folder / name / "tokenizer.json"))
    write_data(folder)
    return folder


def write_data(folder: Path) -> None:
    questions = [("user", "What is it?"), ("assistant", "It is {}.")]
    shown, heard, captions = [], [], []
    for number, colour in enumerate(COLOURS):
        Image.new("RGB", (40, 20), colour).save(folder / f"{colour}.png")
        turns = [{"from": "human", "value": "<image>\nWhat colour is it?"}]
        turns += [{"from": "gpt", "value": f"It is {colour}."}]
        shown.append({"id": number, "image": f"{colour}.png", "conversations": turns})
        captions.append({"id": number, "image_id": number, "caption": f"A {colour} cat."})
        tone = np.sin(np.arange(8000) * NOTES[number] * 2 * np.pi / 16_000)
        with wave.open(str(folder / f"{number}.wav"), "wb") as file:
            file.setparams((1, 2, 16_000, 0, "NONE", ""))
            file.writeframes((tone * 20_000).astype("<i2").tobytes())
        sound = {"type": "audio", "audio": f"{number}.wav"}
        said = [
            {"role": "user", "content": [sound, {"type": "text", "text": questions[0][1]}]},
            {"role": "assistant", "content": questions[1][1].format(colour)},
        ]
        heard.append(json.dumps({"messages": said}))
    images = [{"id": n, "file_name": f"{colour}.png"} for n, colour in enumerate(COLOURS)]
    (folder / "llava.json").write_text(json.dumps(shown))
    (folder / "coco.json").write_text(json.dumps({"images": images, "annotations": captions}))
    (folder / "heard.jsonl").write_text("\n".join(heard))
    (folder / "text.txt").write_text("\n".join(ANSWERS))


def data_of(small: Path, preset: str) -> str:
    if STAGE[preset] == "pretrain":
        return f"[{{format: text, path: {small / 'text.txt'}}}]"
    if preset == "audio-align":
        return f"[{{format: chat, path: {small / 'heard.jsonl'}, media: {small}}}]"
    if preset == "align-tinyclip-coco":
        where = f"path: {small / 'coco.json'}, images: {small}, validation_share: 0"
        return f"[{{format: coco-captions, {where}}}]"
    return f"[{{format: llava, path: {small / 'llava.json'}}}]"


@pytest.fixture(scope="module")
def twin(small, registry, tmp_path_factory) -> Callable[[str], Any]:
    """`twin(preset)`: trained once, through the command line."""
    trained: dict[str, Any] = {}

    def train(preset: str) -> Any:
        if preset in trained:
            return trained[preset]
        output = tmp_path_factory.mktemp(preset)
        settings = [*SHORT, f"data={data_of(small, preset)}", f"output={output}"]
        settings.append(f"model.llm.checkpoint={small / checkpoint(preset, 'llm')}")
        if sense := {"pretrain": None}.get(STAGE[preset], modality(preset)):
            at = f"model.encoders.{sense}"
            settings.append(f"{at}.checkpoint={small / checkpoint(preset, sense)}")
            if preset in AFTER:
                weights = train(AFTER[preset]).output / "bundle/projectors/image.safetensors"
                settings.append(f"{at}.projector.weights={weights}")
        words = ["train", STAGE[preset], "--config", preset]
        words += [word for pair in settings for word in ("--set", pair)]
        done = CliRunner().invoke(root, words, obj=registry)
        assert done.exit_code == 0, done.output
        log = [json.loads(line) for line in (output / "log.jsonl").read_text().splitlines()]
        record = json.loads((output / "run.json").read_text())
        trained[preset] = SimpleNamespace(output=output, log=log, record=record)
        return trained[preset]

    return train


def checkpoint(preset: str, part: str) -> str:
    llm = "phi-1_5" if preset == "phi1_5-scratch" else "phi-2"
    eyes = "TinyCLIP-ViT-61M-32-Text-29M-LAION400M" if "tinyclip" in preset else None
    images = eyes or "clip-vit-large-patch14-336"
    return {"llm": llm, "image": images, "audio": "whisper-small"}[part]


def modality(preset: str) -> str:
    return "audio" if preset == "audio-align" else "image"


def question(small: Path, preset: str) -> Message:
    if STAGE[preset] == "pretrain":
        return Message.user("What is it?")
    if preset == "audio-align":
        return Message.user(read_audio(str(small / "0.wav")), "What is it?")
    return Message.user(read_image(str(small / "red.png")), "What colour is it?")


def test_every_preset_says_its_stage_and_what_it_is():
    stages = {"pretrain": 3, "align": 3, "instruct": 2}
    assert {stage: list(STAGE.values()).count(stage) for stage in stages} == stages
    assert set(STAGE.values()) == set(stages)


@pytest.mark.parametrize("preset", presets())
def test_a_twin_learns_keeps_what_is_frozen_and_answers(twin, small, registry, preset):
    run = twin(preset)
    losses = [entry["loss"] for entry in run.log]
    assert sum(losses[-3:]) / 3 < 0.9 * losses[0]
    assert run.record["finished"]["frozen_unchanged"]
    assert "skipped_steps" not in run.record["finished"]
    learning = {part["group"] for part in run.record["parameters"] if part["learning"]}
    assert (
        learning
        == {
            "pretrain": {"llm"},
            "align": {"projector"},
            "instruct": {"projector", "llm"},
        }[STAGE[preset]]
    )
    engine = load(run.output / "bundle", ["device=cpu", "threads=1"], registry=registry)
    assert engine.ask([question(small, preset)]).finish_reason in {"stop", "length"}
    if STAGE[preset] == "align":
        before = load_file(small / "phi-2" / "model.safetensors")
        after = load_file(run.output / "bundle" / "llm" / "model.safetensors")
        assert all(torch.equal(after[key], before[key].to(after[key].dtype)) for key in before)


def test_an_unknown_preset_suggests_the_nearest(registry):
    done = CliRunner().invoke(root, ["train", "align", "--config", "align-clip-l366"], obj=registry)
    assert done.exit_code == 2
    assert "Did you mean 'align-clip-l336'? See: sensorium train --help" in done.output


def test_help_names_every_preset(registry):
    done = CliRunner().invoke(root, ["train", "--help"], obj=registry)
    assert all(name in done.output for name in presets())
