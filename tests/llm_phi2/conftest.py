"""Tiny Phi checkpoints, written by transformers' own classes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import tokenizers
import torch
from tokenizers import decoders, models, pre_tokenizers, trainers
from transformers import PhiConfig, PhiForCausalLM

TEXT = "What is in the picture? There are two cats and a dog. ASSISTANT: USER: yes no maybe"
TINY = {
    "vocab_size": 320,
    "hidden_size": 80,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 96,
}


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def make_reference(**changes) -> PhiForCausalLM:
    torch.manual_seed(5)
    config = PhiConfig(**{**TINY, "partial_rotary_factor": 0.4, **changes})
    model = PhiForCausalLM(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            # Larger than the usual start, and no zero bias: a lost one must show.
            parameter.add_(torch.randn_like(parameter) * 0.2)
    return model


def make_tokenizer() -> tokenizers.Tokenizer:
    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=310,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([TEXT] * 4, trainer)
    return tokenizer


@pytest.fixture(scope="session")
def reference() -> PhiForCausalLM:
    return make_reference()


@pytest.fixture(scope="session")
def shared_checkpoint(reference, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("phi")
    reference.save_pretrained(folder)
    make_tokenizer().save(str(folder / "tokenizer.json"))
    return folder


@pytest.fixture
def checkpoint(shared_checkpoint, tmp_path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(shared_checkpoint, tmp_path / "checkpoint"))


@pytest.fixture(scope="session")
def model(shared_checkpoint):
    from sensorium_llm_phi2.build import build
    from sensorium_llm_phi2.options import Phi2Options

    return build(Phi2Options(checkpoint=str(shared_checkpoint)), "cpu")
