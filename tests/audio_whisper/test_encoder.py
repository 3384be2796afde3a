"""Features are the reference's, to the last position that holds sound."""

import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from sensorium import TrainableEncoder, VariableEncoder, read_audio
from sensorium.errors import CheckpointError, PerceptionError
from sensorium_audio_whisper import build_encoder, inspect_encoder
from sensorium_audio_whisper.options import WhisperOptions
from transformers import WhisperFeatureExtractor, WhisperModel

POCKET = {"feature_size": 80, "hop_length": 320, "chunk_length": 6, "n_fft": 400}


def reference(folder, waveform):
    """Whisper's own features of the whole window, from transformers' classes."""
    extractor = WhisperFeatureExtractor.from_pretrained(folder)
    inputs = extractor(waveform, sampling_rate=16_000, return_tensors="pt").input_features
    with torch.no_grad():
        return WhisperModel.from_pretrained(folder).encoder(inputs).last_hidden_state[0]


def test_it_is_what_the_contracts_ask_for(encoder):
    assert isinstance(encoder, TrainableEncoder)
    assert isinstance(encoder, VariableEncoder)


@pytest.mark.parametrize("seconds", [0.1, 0.5, 1.0, 3.21, 5.9, 5.999, 6.0])
def test_features_equal_the_reference(babble, encoder, pocket, seconds):
    waveform = babble(seconds)
    prepared = encoder.prepare(waveform)
    (features,) = encoder.encode([prepared])
    assert features.shape == (encoder.positions(prepared), 32)
    assert len(features) == max(1, min(150, -(-len(waveform) // 640)))
    theirs = reference(pocket, waveform)[: len(features)]
    assert torch.allclose(features, theirs, atol=1e-5)


def test_long_recordings_are_windows_one_after_another(babble, encoder, pocket):
    waveform = babble(14)
    (features,) = encoder.encode([encoder.prepare(waveform)])
    assert len(features) == 350
    for number in range(3):
        piece = waveform[number * 96_000 : (number + 1) * 96_000]
        here = features[number * 150 : (number + 1) * 150]
        assert torch.allclose(here, reference(pocket, piece)[: len(here)], atol=1e-5)


def test_a_batch_gives_what_each_gives_alone(babble, encoder):
    prepared = [encoder.prepare(babble(seconds)) for seconds in (0.3, 14, 6, 2)]
    together = encoder.encode(prepared)
    for item, alone in zip(together, prepared, strict=True):
        assert torch.allclose(item, encoder.encode([alone])[0], atol=1e-5)
    assert encoder.encode([]) == []


def test_gradients_reach_the_weights(babble, encoder):
    encoder.module.requires_grad_(True)
    features = encoder.features_of([encoder.prepare(babble(1)), encoder.prepare(babble(7))])
    sum(item.sum() for item in features).backward()
    assert encoder.module.conv1.weight.grad.abs().sum() > 0
    assert not encoder.encode([encoder.prepare(babble(1))])[0].requires_grad


@pytest.mark.parametrize(
    "media",
    [np.zeros((2, 1600), np.float32), np.zeros(0, np.float32), np.zeros(1600, np.int16), "speech"],
)
def test_other_media_are_refused(encoder, media):
    with pytest.raises(PerceptionError, match="takes a mono waveform"):
        encoder.prepare(media)


def test_a_recording_that_may_not_be_written_to(babble, encoder):
    import io
    import wave

    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes((babble(1) * 32767).astype(np.int16).tobytes())
    media = read_audio(file.getvalue())
    assert encoder.encode([encoder.prepare(media.value)])[0].shape == (25, 32)


def test_not_finite_is_refused(babble, encoder):
    with torch.no_grad():
        encoder.module.layer_norm.weight.fill_(float("nan"))
    with pytest.raises(PerceptionError, match="not finite for recording 1 of 1"):
        encoder.encode([encoder.prepare(babble(1))])


def test_the_shape_is_known_from_the_configuration_alone(pocket, tmp_path):
    shutil.copy(pocket / "config.json", tmp_path)
    shape = inspect_encoder(WhisperOptions(checkpoint=str(tmp_path)))
    assert (shape.width, shape.positions, shape.grid) == (32, None, None)
    shutil.copy(pocket / "preprocessor_config.json", tmp_path)
    encoder = build_encoder(WhisperOptions(checkpoint=str(tmp_path), random_seed=3), "meta")
    assert encoder.module.conv1.weight.is_meta


def test_saved_and_loaded_again_it_is_the_same(babble, encoder, pocket, tmp_path):
    encoder.save(tmp_path / "whole")
    assert (tmp_path / "whole/ctranslate2/model.bin").is_file()
    again = build_encoder(WhisperOptions(checkpoint=str(tmp_path / "whole")), "cpu")
    assert again.fingerprint == encoder.fingerprint

    with torch.no_grad():
        encoder.module.conv1.weight.add_(1)
    encoder.save(tmp_path / "trained")
    # The conversion and the decoder belong to the weights before: they are left out.
    kept = {path.name for path in (tmp_path / "trained").iterdir()}
    assert kept == {"config.json", "model.safetensors", "preprocessor_config.json"}
    trained = build_encoder(WhisperOptions(checkpoint=str(tmp_path / "trained")), "cpu")
    assert trained.fingerprint != encoder.fingerprint
    prepared = encoder.prepare(babble(2))
    assert torch.equal(trained.encode([prepared])[0], encoder.encode([prepared])[0])


def test_random_weights_are_those_of_their_seed(pocket):
    def first(seed):
        options = WhisperOptions(checkpoint=str(pocket), random_seed=seed)
        return build_encoder(options, "cpu")

    assert first(1).fingerprint == first(1).fingerprint != first(2).fingerprint
    weights = [first(seed).module.conv1.weight for seed in (1, 1, 2)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_the_preprocessing_is_part_of_the_fingerprint(save_whisper, tmp_path):
    one = save_whisper(tmp_path / "one")
    other = save_whisper(tmp_path / "other", POCKET | {"n_fft": 512})
    prints = {
        build_encoder(WhisperOptions(checkpoint=str(folder)), "cpu").fingerprint
        for folder in (one, other)
    }
    assert len(prints) == 2


def damaged(pocket, folder, change):
    shutil.copytree(pocket, folder)
    change(folder)
    return WhisperOptions(checkpoint=str(folder))


def without(name):
    return lambda folder: (folder / name).unlink()


def setting(file, **values):
    def change(folder):
        content = json.loads((folder / file).read_text())
        (folder / file).write_text(json.dumps(content | values))

    return change


def weights(edit):
    def change(folder):
        held = load_file(folder / "model.safetensors")
        edit(held)
        save_file(held, folder / "model.safetensors")

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without("config.json"), r"has no config\.json"),
        (without("model.safetensors"), r"has no weights .* pickle is never loaded"),
        (setting("config.json", model_type="clip"), "of the type 'clip', not a Whisper"),
        (setting("config.json", d_model="wide"), "does not describe a Whisper model"),
        (setting("config.json", encoder_attention_heads=5), "must divide d_model"),
        (setting("preprocessor_config.json", chunk_length=30), "1500 frames .* takes 80 x 300"),
        (setting("preprocessor_config.json", hop_length=0), "does not describe Whisper's"),
        (setting("preprocessor_config.json", dither=0.001), "has dither: 0.001"),
        (setting("preprocessor_config.json", padding_value=-1.0), "has padding_value: -1.0"),
        (setting("preprocessor_config.json", padding_side="left"), "has padding_side: 'left'"),
        (
            setting("preprocessor_config.json", feature_extractor_type="ClapFeatureExtractor"),
            "has feature_extractor_type: 'Clap",
        ),
        (
            weights(lambda held: held.pop("model.encoder.conv1.bias")),
            "conv1.bias is missing",
        ),
        (
            weights(lambda held: held.update({"model.encoder.extra": torch.zeros(1)})),
            "extra is unknown",
        ),
        (
            weights(lambda held: held.update({"model.encoder.conv1.bias": torch.zeros(3)})),
            r"has the shape \[3\] instead of \[32\]",
        ),
        (
            weights(
                lambda held: held.update(
                    {"model.encoder.conv1.bias": torch.zeros(32, dtype=torch.int8)}
                )
            ),
            "type I8 instead of a float",
        ),
        (
            lambda folder: (folder / "model.safetensors").write_bytes(b"\x80\x04torch"),
            "not a complete safetensors file",
        ),
    ],
)
def test_a_damaged_checkpoint_is_named(pocket, tmp_path, change, said):
    options = damaged(pocket, tmp_path / "bad", change)
    with pytest.raises(CheckpointError, match=said):
        build_encoder(options, "cpu")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (setting("config.json", d_model=64), r"has the shape .* instead of \[64"),
        (setting("config.json", encoder_layers=9), r"layers\.2\.\S+ is missing"),
        (setting("config.json", encoder_ffn_dim=40), r"fc1\.\S+ has the shape"),
        (setting("config.json", activation_function="loud"), "'loud' is unknown"),
        (setting("preprocessor_config.json", chunk_length=30), "1500 frames"),
        (setting("preprocessor_config.json", feature_size=128), "128 mel bins"),
        (weights(lambda held: held.pop("model.encoder.conv2.bias")), "conv2.bias is missing"),
    ],
)
def test_what_build_refuses_by_shape_is_refused_from_headers(pocket, tmp_path, change, said):
    options = damaged(pocket, tmp_path / "bad", change)
    with pytest.raises(CheckpointError, match=said):
        inspect_encoder(options)
    with pytest.raises(CheckpointError, match=said):
        build_encoder(options, "cpu")


def test_another_kind_of_model_is_told_what_to_do(pocket, tmp_path):
    options = damaged(pocket, tmp_path / "bad", setting("config.json", model_type="wav2vec2"))
    with pytest.raises(CheckpointError, match=r"Use a size .*docs/plugins\.md"):
        inspect_encoder(options)


def test_a_conversion_alone_has_no_features(pocket):
    with pytest.raises(CheckpointError, match="only transcribes: set mode: transcribe"):
        inspect_encoder(WhisperOptions(checkpoint=str(pocket / "ctranslate2")))


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/at/all", "huge"])
def test_no_such_checkpoint(name):
    with pytest.raises(
        CheckpointError, match=r"There is no folder .* or a size: tiny, base, small"
    ):
        inspect_encoder(WhisperOptions(checkpoint=name))
