"""Tiny Whispers with random weights: saved by transformers, converted by CTranslate2."""

import json

import numpy as np
import pytest
import torch
from sensorium.ctranslate2 import convert
from sensorium_audio_whisper.encoder import build as build_encoder
from sensorium_audio_whisper.options import WhisperOptions
from sensorium_pocket.speech.build_tokenizer import SPECIALS
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import GenerationConfig, WhisperConfig, WhisperForConditionalGeneration

POCKET = {"feature_size": 80, "hop_length": 320, "chunk_length": 6, "n_fft": 400}
FULL = POCKET | {"hop_length": 160, "chunk_length": 30}


def _save_whisper(folder, preprocessing=POCKET, *, seed=0, vocabulary=None, **sizes):
    """A speech checkpoint without its conversion; vocabulary of bytes and Whisper's specials."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    letters = {letter: number for number, letter in enumerate(alphabet)}
    tokenizer = Tokenizer(models.BPE(vocab=letters, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([*SPECIALS])
    ids = {token: tokenizer.token_to_id(token) for token in SPECIALS}
    settings = {
        "d_model": 32,
        "encoder_layers": 2,
        "decoder_layers": 1,
        "encoder_attention_heads": 2,
        "decoder_attention_heads": 2,
        "encoder_ffn_dim": 64,
        "decoder_ffn_dim": 64,
        "num_mel_bins": preprocessing["feature_size"],
        "max_source_positions": preprocessing["chunk_length"]
        * 16000
        // preprocessing["hop_length"]
        // 2,
        "max_target_positions": 32,
        "vocab_size": vocabulary or tokenizer.get_vocab_size(),
        **sizes,
    }
    end = ids["<|endoftext|>"]
    config = WhisperConfig(
        **settings,
        pad_token_id=end,
        bos_token_id=end,
        eos_token_id=end,
        decoder_start_token_id=ids["<|startoftranscript|>"],
        suppress_tokens=None,
        begin_suppress_tokens=None,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = WhisperForConditionalGeneration(config)
    model.generation_config = GenerationConfig(
        decoder_start_token_id=ids["<|startoftranscript|>"],
        eos_token_id=end,
        pad_token_id=end,
        suppress_tokens=[],
        begin_suppress_tokens=[],
    )
    model.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|endoftext|>"})
    )
    extractor = {"feature_extractor_type": "WhisperFeatureExtractor", "sampling_rate": 16000}
    (folder / "preprocessor_config.json").write_text(json.dumps(extractor | preprocessing))
    return folder


@pytest.fixture(scope="session")
def pocket(tmp_path_factory):
    """A 6-s Whisper with both halves."""
    folder = _save_whisper(tmp_path_factory.mktemp("pocket"))
    convert(folder)
    return folder


@pytest.fixture
def options(pocket):
    """Options that let everything through: what random weights say is neither sure nor sound."""

    def make(**changes):
        lenient = {
            "voice_threshold": 0,
            "log_prob_threshold": -100.0,
            "compression_ratio_threshold": 100.0,
            "no_speech_threshold": 1.0,
            "beam_size": 1,
        }
        return WhisperOptions(**({"checkpoint": str(pocket)} | lenient | changes))

    return make


@pytest.fixture
def encoder(pocket):
    return build_encoder(WhisperOptions(checkpoint=str(pocket)), "cpu")


def _babble(seconds, seed=0):
    """Noise whose loudness goes up and down like that of syllables."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * 16000)) / 16000
    envelope = 0.05 + np.clip(np.sin(2 * np.pi * 3 * time), 0, 1)
    return (0.2 * envelope * rng.standard_normal(len(time))).astype(np.float32).clip(-1, 1)


@pytest.fixture(scope="session")
def babble():
    """`babble(seconds, seed)`: a waveform that rises and falls as speech does."""
    return _babble


@pytest.fixture(scope="session")
def save_whisper():
    """`save_whisper(folder, preprocessing, **sizes)`: a checkpoint, not converted."""
    return _save_whisper


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """The folder of conversions, empty at first."""
    monkeypatch.setenv("SENSORIUM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    torch.set_num_threads(1)
