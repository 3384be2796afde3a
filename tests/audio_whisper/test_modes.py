"""One recipe, one bundle, both modes: words or features, by one key."""

import json

import pytest
import sensorium
import sensorium_audio_whisper
import torch
from safetensors.torch import load_file
from sensorium import Media, Message
from sensorium.bundle import save_bundle, save_projector
from sensorium.config import make_recipe, merge
from sensorium.errors import BundleError, CheckpointError, ConfigError
from sensorium.pipeline import plan
from sensorium.testing import FakeLanguageModel, FakePlugin, fake_registry
from sensorium.testing.plugin import RECIPE

LENIENT = {
    "voice_threshold": 0,
    "log_prob_threshold": -100.0,
    "compression_ratio_threshold": 100.0,
    "no_speech_threshold": 1.0,
    "beam_size": 1,
}


@pytest.fixture
def registry():
    return fake_registry(
        FakePlugin(FakeLanguageModel(context_length=2000)), sensorium_audio_whisper
    )


@pytest.fixture
def recording(babble):
    waveform = babble(3)
    return Media("audio", "babble", waveform)


@pytest.fixture
def projector(registry, pocket, tmp_path):
    """A projector trained, as it were, on the pocket encoder's features."""
    path = tmp_path / "trained/audio.safetensors"
    made = planned(registry, pocket, mode="features")
    torch.manual_seed(1)
    pipeline = made.build()
    sense = pipeline.senses["audio"]
    (of_audio,) = [one for one in made.senses if one.modality == "audio"]
    save_projector(sense.projector, path, of_audio, 8, sense.encoder.fingerprint)
    return path


def planned(registry, pocket, weights=None, **audio):
    section = {
        "plugin": "whisper",
        "checkpoint": str(pocket),
        "projector": {"plugin": "frame-stack", "max_positions": 16},
        **LENIENT,
        **audio,
    }
    if weights:
        section["projector"]["weights"] = str(weights)
    tree = merge(RECIPE, {"encoders": {"audio": section}, "generation": {"max_tokens": 4}})
    return plan(make_recipe(tree, source="test"), registry)


@pytest.mark.parametrize("saved_as", ["transcribe", "features"])
def test_a_bundle_works_in_both_modes(registry, pocket, projector, recording, tmp_path, saved_as):
    original = planned(registry, pocket, projector, mode=saved_as).build()
    save_bundle(original, tmp_path / "bundle", name="both")
    manifest = json.loads((tmp_path / "bundle/sensorium.json").read_text())
    assert str(pocket) not in json.dumps(manifest)
    assert {"encoders/audio/model.safetensors", "encoders/audio/ctranslate2/model.bin"} <= set(
        manifest["files"]
    )
    answers = {}
    for mode in ("transcribe", "features"):
        engine = sensorium.load(
            tmp_path / "bundle", [f"encoders.audio.mode={mode}"], registry=registry
        )
        answers[mode] = engine.ask([Message.user(recording)])
        fresh = planned(registry, pocket, projector, mode=mode).build()
        assert answers[mode].text == sensorium.ChatEngine(fresh).ask([Message.user(recording)]).text
        kept = load_file(tmp_path / "bundle/projectors/audio.safetensors")
        assert all(torch.equal(kept[name], value) for name, value in load_file(projector).items())
    assert answers["transcribe"].transcripts[0].text
    assert answers["features"].transcripts == ()
    assert answers["features"].usage.prompt == 2 + 16


def test_a_transcribing_bundle_in_half_precision_keeps_its_pair(
    registry, pocket, projector, recording, tmp_path
):
    pipeline = planned(registry, pocket, projector, mode="transcribe").build()
    save_bundle(pipeline, tmp_path / "half", name="half", dtype=torch.float16)
    for mode in ("transcribe", "features"):
        over = [f"encoders.audio.mode={mode}"]
        assert sensorium.load(tmp_path / "half", over, registry=registry).ask(
            [Message.user(recording)]
        )


def test_the_projector_stays_with_its_encoder(registry, save_whisper, projector, tmp_path):
    other = save_whisper(tmp_path / "other", seed=5)
    with pytest.raises(CheckpointError, match="trained with another audio encoder"):
        planned(registry, other, projector, mode="features").build()


def test_a_changed_conversion_is_refused(registry, pocket, tmp_path):
    save_bundle(planned(registry, pocket, mode="transcribe").build(), tmp_path / "b", name="b")
    file = tmp_path / "b/encoders/audio/ctranslate2/model.bin"
    changed = bytearray(file.read_bytes())
    changed[len(changed) // 2] ^= 1
    file.write_bytes(changed)
    with pytest.raises(BundleError, match=r"model\.bin .* not the file that was saved"):
        sensorium.load(tmp_path / "b", registry=registry)


def test_without_a_projector_only_words_work(registry, pocket):
    section = {"plugin": "whisper", "checkpoint": str(pocket), "mode": "transcribe"}
    for mode, fails in (("transcribe", False), ("features", True)):
        tree = merge(RECIPE, {"encoders": {"audio": section | {"mode": mode}}})
        recipe = make_recipe(tree, source="test")
        if fails:
            with pytest.raises(ConfigError, match=r"'encoders\.audio\.projector' is missing"):
                plan(recipe, registry)
        else:
            assert plan(recipe, registry).modalities == ("image", "audio")


def test_options_of_both_modes_are_known_and_others_are_not(registry, pocket):
    for mode in ("transcribe", "features"):
        planned(registry, pocket, mode=mode, dtype="float32", language="en")
        with pytest.raises(ConfigError, match=r"'encoders\.audio\.beam'\. Did you mean"):
            planned(registry, pocket, mode=mode, beam=3)


def test_what_it_composes_is_described(registry, pocket, projector):
    from sensorium.cli.describing import describe_plan, too_long

    hearing = planned(registry, pocket, projector, mode="transcribe")
    assert "audio: whisper -> text" in describe_plan(hearing)
    assert too_long(hearing) == []
    feeling = planned(registry, pocket, projector, mode="features")
    assert "audio: whisper T x 32 -> frame-stack -> K x 8" in describe_plan(feeling)
