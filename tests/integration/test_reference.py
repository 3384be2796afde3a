"""The composed pipeline is LLaVA: equal to transformers' own, number by number."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import load_file
from sensorium import GenerationOptions, Message
from sensorium.render import MediaPiece, render
from transformers import (
    CLIPVisionConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    PhiConfig,
)

IMAGE = 339  # an id that no text has


@pytest.fixture(scope="module")
def engine(compose):
    return compose()


@pytest.fixture(scope="module")
def reference(engine, checkpoints):
    """Llava over copies of the same weights."""
    config = LlavaConfig(
        vision_config=CLIPVisionConfig.from_pretrained(checkpoints / "clip"),
        text_config=PhiConfig.from_pretrained(checkpoints / "llm"),
        image_token_index=IMAGE,
        image_token_id=IMAGE,
        projector_hidden_act="gelu",
        vision_feature_layer=-2,
        vision_feature_select_strategy="default",
        image_seq_length=16,
        tie_word_embeddings=False,
    )
    model = LlavaForConditionalGeneration(config).eval()
    text = load_file(checkpoints / "llm" / "model.safetensors")
    assert not text.pop("lm_head.bias").any()
    model.lm_head.weight.data.copy_(text.pop("lm_head.weight"))
    model.model.language_model.load_state_dict(
        {name.removeprefix("model."): value for name, value in text.items()}
    )
    tower = load_file(checkpoints / "clip" / "model.safetensors")
    model.model.vision_tower.load_state_dict(
        {name.removeprefix("vision_model."): value for name, value in tower.items()}
    )
    weights = engine.pipeline.senses["image"].projector.state_dict()
    names = {"layers.0": "linear_1", "layers.2": "linear_2"}
    model.model.multi_modal_projector.load_state_dict(
        {
            f"{names[name.rsplit('.', 1)[0]]}.{name.rsplit('.', 1)[1]}": value
            for name, value in weights.items()
        }
    )
    return model


def prepared(engine, messages):
    """What the reference takes: ids with 16 image tokens per picture, and the pixels."""
    ids, pixels = [], []
    for piece in render(messages, engine.pipeline.template, engine.pipeline.llm.tokenizer):
        if isinstance(piece, MediaPiece):
            ids += [IMAGE] * 16
            pixels.append(engine.pipeline.senses["image"].encoder.prepare(piece.media.value))
        else:
            ids += piece.ids
    return {
        "input_ids": torch.tensor([ids]),
        "attention_mask": torch.ones(1, len(ids), dtype=torch.int64),
        "pixel_values": torch.stack(pixels),
    }


def conversation(pictures, count):
    said = [Message.user(pictures[0], "What is it?")]
    if count == 2:
        said += [Message.assistant("Two cats."), Message.user(pictures[1], "And it?")]
    return said


@pytest.mark.parametrize("count", [1, 2])
def test_logits(engine, reference, pictures, count):
    said = conversation(pictures, count)
    inputs = prepared(engine, said)
    with torch.no_grad():
        expected = reference(**inputs).logits[0]
    pieces = render(said, engine.pipeline.template, engine.pipeline.llm.tokenizer)
    prompt = engine.pipeline.perception.perceive(pieces)
    logits = engine.pipeline.llm.open_session().append(prompt.embeddings, last=len(prompt.keys))
    assert logits.shape == expected.shape
    assert expected.std() > 0.1  # not an equality of zeros
    torch.testing.assert_close(logits, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("count", [1, 2])
def test_greedy_text(engine, reference, pictures, count):
    said = conversation(pictures, count)
    inputs = prepared(engine, said)
    with torch.no_grad():
        written = reference.generate(
            **inputs, do_sample=False, max_new_tokens=24, eos_token_id=0, pad_token_id=0
        )
    ids = written[0, inputs["input_ids"].shape[1] :].tolist()
    answer = engine.ask(said, GenerationOptions(max_tokens=24))
    text = engine.pipeline.llm.tokenizer.decode(ids)
    assert answer.text == text.strip()
    assert answer.usage.completion == len([id_ for id_ in ids if id_ != 0])
