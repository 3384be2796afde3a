"""A whole chat of full-size shapes and random weights: Phi in 4 bits, CLIP, Whisper.

`write_parts` writes what a person would download, `recipe` composes it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from sensorium.benchmark import SECOND_QUESTION
from sensorium.ctranslate2 import convert
from sensorium_llm_phi2.template import LLAVA_PHI
from sensorium_pocket.speech.build_tokenizer import SPECIALS
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from .random_phi import write_checkpoint

SHAPES = Path(__file__).parent / "shapes"
TINYCLIP, CLIP, WHISPER, PHI = (
    "TinyCLIP-ViT-61M-32",
    "clip-vit-large-patch14-336",
    "whisper-tiny",
    "phi-2",
)
SMALL: dict[str, dict[str, Any]] = {
    PHI: {
        "hidden_size": 256,
        "intermediate_size": 512,
        "num_hidden_layers": 2,
        "num_attention_heads": 8,
        "vocab_size": 512,
        "max_position_embeddings": 1024,
    },
    TINYCLIP: {"hidden_size": 80, "intermediate_size": 128, "num_hidden_layers": 2},
    CLIP: {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2},
    WHISPER: {"d_model": 48, "encoder_layers": 1, "decoder_layers": 1},
}
"""The same shapes of nothing, to try the code."""

END = "<|endoftext|>"
QUESTION = "What do you see?"
SAID = (" USER: \n ASSISTANT:", QUESTION, SECOND_QUESTION)


def write_parts(folder: Path, *, small: bool) -> None:
    """Folders `gptq`, TINYCLIP, CLIP and WHISPER."""
    shapes = {name: shape_of(name, small=small) for name in (PHI, TINYCLIP, CLIP, WHISPER)}
    (folder / "gptq").mkdir()
    tokenizer = _tokenizer(shapes[PHI]["vocab_size"], [END], [LLAVA_PHI.system, *SAID])
    tokenizer.save(str(folder / "gptq/tokenizer.json"))
    end = tokenizer.token_to_id(END)
    shape = shapes[PHI] | {"bos_token_id": end, "eos_token_id": end}
    write_checkpoint(shape, folder / "gptq")
    for name in (TINYCLIP, CLIP):
        (folder / name).mkdir()
        (folder / name / "config.json").write_text(json.dumps(shapes[name]))
    _write_whisper(shapes[WHISPER], folder / WHISPER)


def recipe(
    folder: Path, llm: dict[str, Any], eyes: dict[str, Any], projector: dict[str, Any]
) -> dict[str, Any]:
    """A chat with these eyes, and with ears."""
    return {
        "llm": {"plugin": "phi2", **llm},
        "encoders": {
            "image": {
                "plugin": "clip",
                **eyes,
                "projector": projector,
            },
            "audio": {
                "plugin": "whisper",
                "mode": "transcribe",
                "checkpoint": str(folder / WHISPER),
            },
        },
        "template": "llava-phi",
    }


def shape_of(name: str, *, small: bool) -> dict[str, Any]:
    """Its published config.json; `small`, with next to nothing in it."""
    shape: dict[str, Any] = json.loads((SHAPES / name / "config.json").read_text())
    changes = SMALL[name] if small else {}
    # CLIP's file nests its vision tower.
    inner = shape.get("vision_config")
    if inner is not None:
        return shape | {"vision_config": inner | changes}
    return shape | changes


def _tokenizer(size: int, specials: Sequence[str], texts: Sequence[str] = ()) -> Tokenizer:
    """The words of `texts` are a token each, as long as there is room; every id can be written."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size - len(specials),
        min_frequency=1,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    content = json.loads(tokenizer.to_str())
    vocabulary = content["model"]["vocab"]
    for name in (*specials, *(f"Ġw{number}" for number in range(size))):
        if len(vocabulary) < size:
            vocabulary[name] = len(vocabulary)
    whole = Tokenizer.from_str(json.dumps(content))
    whole.add_special_tokens([*specials])
    return whole


def _write_whisper(shape: dict[str, Any], folder: Path) -> None:
    """Saved by transformers, converted by CTranslate2."""
    from transformers import GenerationConfig, WhisperConfig, WhisperForConditionalGeneration

    tokenizer = _tokenizer(shape["vocab_size"], SPECIALS)
    end, start = (tokenizer.token_to_id(token) for token in SPECIALS[:2])
    named = {"pad_token_id": end, "eos_token_id": end, "decoder_start_token_id": start}
    lists: dict[str, Any] = {"suppress_tokens": [], "begin_suppress_tokens": []}
    torch.manual_seed(0)
    config = WhisperConfig.from_dict(shape | named | {"bos_token_id": end})
    model = WhisperForConditionalGeneration(config)
    model.generation_config = GenerationConfig(**named, **lists)
    model.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": END}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    (folder / "preprocessor_config.json").write_text(
        json.dumps(
            {
                "feature_extractor_type": "WhisperFeatureExtractor",
                "feature_size": shape["num_mel_bins"],
                "sampling_rate": 16000,
                "hop_length": 160,
                "chunk_length": 30,
                "n_fft": 400,
            }
        )
    )
    convert(folder)
