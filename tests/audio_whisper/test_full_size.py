"""OpenAI's sizes, parameter by parameter, without a byte of their weights."""

import json
from pathlib import Path

import pytest
import torch
from sensorium.cli.describing import describe_plan
from sensorium.config import load_recipe
from sensorium.ctranslate2 import convert
from sensorium.discovery import find_plugins
from sensorium.pipeline import plan
from sensorium.registry import Registry
from sensorium_audio_whisper import build_encoder, build_transcriber, inspect_encoder
from sensorium_audio_whisper.options import WhisperOptions
from transformers import WhisperModel

ROOT = Path(__file__).parents[2]
SHAPES = ROOT / "bench/shapes"
FULL = {"feature_size": 80, "hop_length": 160, "chunk_length": 30, "n_fft": 400}
SIZES = [("tiny", 384, 8_208_384), ("small", 768, 88_154_112)]


@pytest.fixture(scope="module")
def registry():
    return Registry(find_plugins())


@pytest.mark.parametrize(("size", "width", "parameters"), SIZES)
def test_encoders_are_those_of_the_reference(size, width, parameters):
    folder = SHAPES / f"whisper-{size}"
    options = WhisperOptions(checkpoint=str(folder), random_seed=0)
    shape = inspect_encoder(options)
    assert (shape.width, shape.positions) == (width, None)
    ours = build_encoder(options, "meta")
    config = WhisperModel.config_class(**json.loads((folder / "config.json").read_text()))
    with torch.device("meta"):
        theirs = WhisperModel(config).encoder
    assert {name: tuple(weight.shape) for name, weight in ours.module.named_parameters()} == {
        name: tuple(weight.shape) for name, weight in theirs.named_parameters()
    }
    assert sum(weight.numel() for weight in ours.module.parameters()) == parameters
    made = ours.features(torch.zeros(1, 80, 3000, device="meta"))
    assert made.shape == (1, 1500, width)


@pytest.mark.parametrize(("size", "width", "parameters"), SIZES)
def test_the_shipped_recipe_composes_in_both_modes(registry, size, width, parameters):
    shapes = [
        f"llm.checkpoint={SHAPES / 'phi-2'}",
        f"encoders.image.checkpoint={SHAPES / 'clip-vit-large-patch14-336'}",
    ]
    path = ROOT / "configs/phi2-audio.yaml"
    hearing = plan(load_recipe(path, shapes), registry)
    assert "audio: whisper -> text" in describe_plan(hearing)
    features = [
        *shapes,
        "encoders.audio.mode=features",
        f"encoders.audio.checkpoint={SHAPES / f'whisper-{size}'}",
    ]
    feeling = plan(load_recipe(path, features), registry)
    (audio,) = [sense for sense in feeling.senses if sense.modality == "audio"]
    with torch.device("meta"):
        projector = audio.projector.build(audio.projector_options, audio.source, 2560)
    # Two layers: eight positions side by side to 2560, and 2560 to 2560, each with a bias.
    count = sum(weight.numel() for weight in projector.parameters())
    assert count == (8 * width + 1) * 2560 + 2561 * 2560
    assert projector.positions(150) == 19  # three seconds
    assert projector.positions(1500) == 96


@pytest.mark.slow
def test_features_of_whisper_tiny(babble, tmp_path):
    options = WhisperOptions(checkpoint=str(SHAPES / "whisper-tiny"), random_seed=0)
    encoder = build_encoder(options, "cpu")
    prepared = encoder.prepare(babble(2.5))
    assert encoder.encode([prepared])[0].shape == (125, 384)
    encoder.save(tmp_path / "tiny")
    again = build_encoder(WhisperOptions(checkpoint=str(tmp_path / "tiny")), "cpu")
    assert torch.equal(again.encode([prepared])[0], encoder.encode([prepared])[0])


@pytest.mark.slow
@pytest.mark.parametrize(("size", "width", "parameters"), SIZES)
def test_random_weights_of_full_size_hear_thirty_seconds(
    babble, save_whisper, options, tmp_path, size, width, parameters
):
    """Saved by transformers, converted, transcribed by faster-whisper; a 30-s window has times."""
    shape = json.loads((SHAPES / f"whisper-{size}/config.json").read_text())
    vocabulary = shape.pop("vocab_size")
    shape.pop("model_type")
    folder = save_whisper(tmp_path, FULL, vocabulary=vocabulary, **shape)
    convert(folder)
    transcriber = build_transcriber(options(checkpoint=str(folder), language="en"), "cpu")
    model = transcriber.model
    assert model.feature_extractor.nb_max_frames == 3000
    assert model.max_length == 448
    assert not transcriber._settings()["without_timestamps"]
    heard = transcriber.transcribe(babble(30))
    assert all(0 <= one.start_seconds <= one.end_seconds <= 30 for one in heard.segments)
    encoder = build_encoder(WhisperOptions(checkpoint=str(folder)), "cpu")
    assert encoder.encode([encoder.prepare(babble(30))])[0].shape == (1500, width)
