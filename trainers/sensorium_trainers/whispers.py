"""A Whisper with its tokenizer and its ears: loading, spelling, saving.

A *speech checkpoint* holds transformers' files, and in `ctranslate2` the int8 conversion.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from sensorium.checkpoint import no_progress_bar
from sensorium.ctranslate2 import convert
from sensorium.errors import CheckpointError, SampleError
from sensorium.text_files import read_text

CONFIG, WEIGHTS, TOKENIZER, PREPROCESSOR = (
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "preprocessor_config.json",
)
MULTILINGUAL = 51_865
"""CTranslate2's rule: a smaller vocabulary is of a model for one language, without its token."""

_LANGUAGE_FREE = ("<|startoftranscript|>", "<|notimestamps|>")


@dataclass(frozen=True, slots=True)
class Whisper:
    """A WhisperForConditionalGeneration and what turns clips and text into its inputs."""

    model: Any
    tokenizer: Any
    extractor: Any
    folder: Path

    @property
    def end(self) -> int:
        """The id that ends a text."""
        return self.id_of("<|endoftext|>")

    def spell(self, text: str, language: str) -> tuple[list[int], list[int]]:
        """→ (what the decoder reads, what it shall write at each place; -100 where nothing)."""
        prompt = [self.id_of(token) for token in _prompt(self.model.config.vocab_size, language)]
        words = self.tokenizer.encode(f" {text}", add_special_tokens=False).ids if text else []
        ids = [*prompt, *words]
        if len(ids) > (most := self.model.config.max_target_positions):
            raise SampleError(
                f"{len(ids)} tokens are more than the decoder's {most} positions: {text!r}",
                where="data",
                hint="Choose a model with a higher max_target_positions.",
            )
        return ids, [-100] * (len(prompt) - 1) + [*words, self.end]

    def id_of(self, token: str) -> int:
        """A special token's id; CheckpointError where the tokenizer has none such."""
        found: int | None = self.tokenizer.token_to_id(token)
        if found is None:
            raise CheckpointError(
                f"{self.folder / TOKENIZER} has no {token}, which Whisper needs", where="model"
            )
        return found


def load_whisper(folder: Path) -> Whisper:
    """From a folder; without weights in it, random ones by torch's seed."""
    from tokenizers import Tokenizer
    from transformers import (
        WhisperConfig,
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
    )

    if missing := [n for n in (CONFIG, TOKENIZER, PREPROCESSOR) if not (folder / n).is_file()]:
        raise CheckpointError(
            f"{folder} lacks {', '.join(missing)}",
            where="model",
            hint="A Whisper's folder holds these; model.safetensors only if it is trained.",
        )
    try:
        if (folder / WEIGHTS).is_file():
            with no_progress_bar():
                model = WhisperForConditionalGeneration.from_pretrained(
                    folder, dtype=torch.float32, use_safetensors=True
                )
        else:
            model = WhisperForConditionalGeneration(WhisperConfig.from_pretrained(folder))
        extractor = WhisperFeatureExtractor.from_pretrained(folder)
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    except Exception as error:  # three libraries read it, and each raises its own
        reason = " ".join(str(error).split())
        raise CheckpointError(f"{folder} cannot be loaded: {reason}", where="model") from error
    config = model.config
    made = (extractor.feature_size, extractor.nb_max_frames, tokenizer.get_vocab_size())
    wanted = (config.num_mel_bins, 2 * config.max_source_positions, config.vocab_size)
    if made[:2] != wanted[:2] or made[2] > wanted[2]:
        raise CheckpointError(
            f"{folder}: {PREPROCESSOR} and {TOKENIZER} make {made[0]} mel bins x {made[1]} frames "
            f"and {made[2]} tokens, {CONFIG} takes {wanted[0]} x {wanted[1]} and {wanted[2]}",
            where="model",
        )
    return Whisper(model, tokenizer, extractor, folder)


def save_whisper(whisper: Whisper, folder: Path, dtype: str | None) -> None:
    """A speech checkpoint, written beside its place and renamed: whole or absent."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        made = Path(scratch, "speech")
        made.mkdir()
        _save_transformers(whisper, made, dtype)
        convert(made)
        shutil.rmtree(folder, ignore_errors=True)
        made.rename(folder)


def _save_transformers(whisper: Whisper, folder: Path, dtype: str | None) -> None:
    from transformers import GenerationConfig

    end, start = whisper.end, whisper.id_of("<|startoftranscript|>")
    model = whisper.model
    model.generation_config = GenerationConfig(
        decoder_start_token_id=start,
        eos_token_id=end,
        pad_token_id=end,
        max_length=model.config.max_target_positions,
        suppress_tokens=[],
        begin_suppress_tokens=[],
    )
    kind = getattr(torch, dtype) if dtype else model.dtype
    before = model.dtype
    weights = {name: weight.to(kind) for name, weight in model.state_dict().items()}
    # Whatever config.json said: where a file holds two that differ, transformers leaves them so.
    tied = model.proj_out.weight is model.get_input_embeddings().weight
    model.config.tie_word_embeddings = tied
    if tied:
        del weights["proj_out.weight"]
    try:
        model.config.dtype = kind
        with no_progress_bar():
            model.save_pretrained(folder, state_dict=weights)
        (folder / WEIGHTS).chmod(0o644)
    finally:
        model.config.dtype = before
    whisper.extractor.save_pretrained(folder)
    shutil.copyfile(whisper.folder / TOKENIZER, folder / TOKENIZER)
    kept = whisper.folder / "tokenizer_config.json"
    described = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|endoftext|>"}
    text = read_text(kept) if kept.is_file() else json.dumps(described, indent=1)
    (folder / "tokenizer_config.json").write_text(text, "utf-8")


def _prompt(vocabulary: int, language: str) -> tuple[str, ...]:
    if vocabulary < MULTILINGUAL:
        return _LANGUAGE_FREE
    return ("<|startoftranscript|>", f"<|{language}|>", "<|transcribe|>", "<|notimestamps|>")
