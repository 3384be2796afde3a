"""Everything here runs on fakes: no weights, no network."""

from __future__ import annotations

import pytest
import tokenizers
import torch
from PIL import Image
from sensorium import Media, read_image
from sensorium.tokenizer import FastTokenizer
from tokenizers import decoders, models, pre_tokenizers, trainers

CONTROLS = ["<|endoftext|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>"]
TEXT = "A chat between a curious user and an assistant. USER: What is it? ASSISTANT: Two cats."


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def pictures() -> list[Media]:
    """Three small pictures, each of one colour."""
    return [read_image(Image.new("RGB", (6, 4), colour)) for colour in ("red", "green", "blue")]


@pytest.fixture(scope="session")
def backend() -> tokenizers.Tokenizer:
    """A small byte-level BPE in which control tokens in text are found, as in reference code."""
    backend = tokenizers.Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=330,
        special_tokens=CONTROLS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    backend.train_from_iterator([TEXT] * 4, trainer)
    return backend


@pytest.fixture(scope="session")
def tokenizer(backend: tokenizers.Tokenizer) -> FastTokenizer:
    """The same, text literal."""
    return FastTokenizer(tokenizers.Tokenizer.from_str(backend.to_str()))
