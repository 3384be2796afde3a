"""The real faster-whisper on tiny random checkpoints: all of a recording, and nothing invented.

Random weights say nonsense, but always the same; what they say is compared with transformers.
"""

import shutil
import sys

import numpy as np
import pytest
import torch
from sensorium import Transcriber
from sensorium.ctranslate2 import convert
from sensorium.errors import CheckpointError, ConfigError, MissingPackageError
from sensorium_audio_whisper import build_transcriber
from transformers import (
    PreTrainedTokenizerFast,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
)


@pytest.fixture
def transcriber(options):
    return build_transcriber(options(), "cpu")


def test_it_is_what_the_contract_asks_for(transcriber):
    assert isinstance(transcriber, Transcriber)
    assert transcriber.model.max_length == 60  # 30 tokens after a prompt of two
    assert transcriber.model.feature_extractor.nb_max_frames == 300


@pytest.mark.parametrize("seconds", [1.0, 3.21, 5.9])
def test_the_decoder_listens_to_what_transformers_listens_to(babble, transcriber, pocket, seconds):
    """The encoder's output on int8 weights is near transformers' on the same window."""
    waveform = babble(seconds)
    extractor = WhisperFeatureExtractor.from_pretrained(pocket)
    inputs = extractor(waveform, sampling_rate=16_000, return_tensors="pt").input_features
    with torch.no_grad():
        model = WhisperForConditionalGeneration.from_pretrained(pocket).model
        theirs = model.encoder(inputs).last_hidden_state[0].numpy()
    features = transcriber.model.feature_extractor(waveform)[:, :-1]
    padded = np.pad(features, ((0, 0), (0, 3000 - features.shape[1])))
    ours = np.array(transcriber.model.encode(padded))[0]
    assert ours.shape == theirs.shape == (150, 32)
    assert np.abs(ours - theirs).mean() < 0.05


def test_it_says_what_transformers_says(babble, options, pocket):
    transcriber = build_transcriber(options(compute_type="float32"), "cpu")
    waveform = babble(4)
    (start, end), *_ = transcriber._stretches(waveform)
    extractor = WhisperFeatureExtractor.from_pretrained(pocket)
    piece = waveform[start:end]
    inputs = extractor(piece, sampling_rate=16_000, return_tensors="pt").input_features
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(pocket / "tokenizer.json"))
    ids = tokenizer.convert_tokens_to_ids(["<|startoftranscript|>", "<|notimestamps|>"])
    model = WhisperForConditionalGeneration.from_pretrained(pocket).eval()
    with torch.no_grad():
        made = model.model.encoder(inputs)
        written = list(ids)
        while len(written) < 32:
            logits = model(encoder_outputs=made, decoder_input_ids=torch.tensor([written])).logits
            written.append(int(logits[0, -1].argmax()))
    end_token = tokenizer.convert_tokens_to_ids("<|endoftext|>")
    theirs = tokenizer.decode([token for token in written[2:] if token < end_token])
    heard = transcriber.transcribe(waveform)
    assert heard.text == theirs.strip()
    assert heard.text


def test_a_long_recording_is_heard_whole(babble, transcriber):
    waveform = np.concatenate(
        [np.zeros(16_000, np.float32), babble(21), np.zeros(8000, np.float32)]
    )
    told = []
    heard = transcriber.transcribe(waveform, progress=told.append)
    assert len(heard.segments) >= 4
    assert heard.segments[0].start_seconds == pytest.approx(0.8, abs=0.1)
    assert heard.segments[-1].end_seconds == pytest.approx(22.1, abs=0.3)
    for one, following in zip(heard.segments, heard.segments[1:], strict=False):
        assert 0 < one.end_seconds - one.start_seconds <= 6
        assert following.start_seconds - one.end_seconds < 0.1
    assert heard.text == " ".join(segment.text for segment in heard.segments)
    assert heard.language == "en"
    assert told == sorted(told)
    assert len(told) == len(heard.segments)


def test_progress_may_end_it(babble, transcriber):
    def stop(seconds):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        transcriber.transcribe(babble(14), progress=stop)


@pytest.mark.parametrize(
    "strict",
    [
        {"log_prob_threshold": -0.01},
        {"compression_ratio_threshold": 0.1},
        {"voice_threshold": 0.5},  # noise that rises and falls is no voice
    ],
)
def test_nothing_is_invented(babble, options, strict):
    heard = build_transcriber(options(**strict), "cpu").transcribe(babble(3))
    assert (heard.text, heard.language, heard.segments) == ("", "", ())


@pytest.mark.parametrize("seconds", [0.1, 2.0])
def test_silence_and_tones_are_not_even_listened_to(transcriber, monkeypatch, seconds):
    monkeypatch.setattr(type(transcriber.model), "encode", None)
    time = np.arange(round(seconds * 16_000)) / 16_000
    for waveform in (0 * time, np.sin(2 * np.pi * 440 * time) / 3):
        assert transcriber.transcribe(waveform.astype(np.float32)).text == ""


def test_a_folder_with_the_conversion_alone(babble, transcriber, options, pocket, tmp_path):
    shutil.copytree(pocket / "ctranslate2", tmp_path / "alone")
    alone = build_transcriber(options(checkpoint=str(tmp_path / "alone")), "cpu")
    assert alone.model.max_length == 60
    inside = build_transcriber(options(checkpoint=str(pocket / "ctranslate2")), "cpu")
    assert inside.model.max_length == 60
    waveform = babble(3)
    assert inside.transcribe(waveform) == transcriber.transcribe(waveform)


def test_saved_it_holds_both_halves(babble, transcriber, options, tmp_path, pocket):
    (pocket / "notes.txt").write_text("not part of it")
    transcriber.save(tmp_path / "saved")
    saved = {
        path.relative_to(tmp_path / "saved").as_posix()
        for path in (tmp_path / "saved").rglob("*")
        if path.is_file()
    }
    assert "notes.txt" not in saved
    assert {"model.safetensors", "ctranslate2/model.bin", "ctranslate2/tokenizer.json"} <= saved
    again = build_transcriber(options(checkpoint=str(tmp_path / "saved")), "cpu")
    assert again.transcribe(babble(2)) == transcriber.transcribe(babble(2))
    again.save(tmp_path / "once more")
    assert (tmp_path / "once more/ctranslate2/model.bin").is_file()


def test_missing_folders_languages_and_packages_are_named(options, monkeypatch):
    with pytest.raises(CheckpointError, match="There is no folder"):
        build_transcriber(options(checkpoint="./nowhere"), "cpu")
    with pytest.raises(ConfigError, match=r"does not know the language 'de' .*It knows: en"):
        build_transcriber(options(language="de"), "cpu")
    monkeypatch.delitem(sys.modules, "sensorium_audio_whisper.windowed", raising=False)
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    with pytest.raises(MissingPackageError, match=r"pip install .*\[audio\]'"):
        build_transcriber(options(), "cpu")


def test_sizes_are_fetched_by_faster_whisper(options, monkeypatch):
    from faster_whisper import utils
    from huggingface_hub.errors import LocalEntryNotFoundError

    asked = []

    def download(name, **more):
        asked.append((name, more))
        raise LocalEntryNotFoundError("offline")

    monkeypatch.setattr(utils, "download_model", download)
    with pytest.raises(CheckpointError, match=r"tiny is not in the cache .* cannot be reached"):
        build_transcriber(options(checkpoint="tiny", revision="abc"), "cpu")
    assert asked == [("tiny", {"revision": "abc"})]


def test_converting_needs_a_whole_checkpoint(save_whisper, tmp_path):
    folder = save_whisper(tmp_path)
    (folder / "model.safetensors").write_bytes(b"damaged")
    with pytest.raises(CheckpointError, match="cannot be converted"):
        convert(folder)
    assert not (folder / "ctranslate2").exists()
    (folder / "tokenizer.json").unlink()
    with pytest.raises(CheckpointError, match=r"lacks tokenizer\.json"):
        convert(folder)


def test_converting_again_replaces_the_conversion(save_whisper, tmp_path):
    first = (convert(save_whisper(tmp_path, seed=0)) / "model.bin").read_bytes()
    second = (convert(save_whisper(tmp_path, seed=1)) / "model.bin").read_bytes()
    assert first != second
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == {"ctranslate2"}
