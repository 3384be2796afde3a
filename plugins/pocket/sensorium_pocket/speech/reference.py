"""A speech checkpoint in transformers' own arithmetic, greedily, to compare conversions with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from sensorium.media.audio import SAMPLE_RATE_HZ

from .espeak import Waveform

_PROMPT = ("<|startoftranscript|>", "<|notimestamps|>")


class Reference:
    """For models of one language, which have no token for it."""

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer
        from transformers import WhisperFeatureExtractor, WhisperForConditionalGeneration

        self._model: Any = WhisperForConditionalGeneration.from_pretrained(
            folder, dtype=torch.float32, use_safetensors=True
        ).eval()
        self._extractor: Any = WhisperFeatureExtractor.from_pretrained(folder)
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._end = int(self._tokenizer.token_to_id("<|endoftext|>") or 0)

    @torch.inference_mode()
    def transcribe(self, waveform: Waveform) -> str:
        """[S], no longer than the window → the likeliest token again and again, up to the end."""
        made = self._extractor(waveform, sampling_rate=SAMPLE_RATE_HZ, return_tensors="pt")
        hidden = self._model.model.encoder(made.input_features).last_hidden_state
        ids = [self._tokenizer.token_to_id(token) for token in _PROMPT]
        words: list[int] = []
        while len(ids) < self._model.config.max_target_positions:
            states = self._model.model.decoder(
                input_ids=torch.tensor([ids]), encoder_hidden_states=hidden, use_cache=False
            )
            # Tokens behind the end are no text; faster-whisper leaves them out as well.
            logits = self._model.proj_out(states.last_hidden_state[0, -1])[: self._end + 1]
            best = int(logits.argmax())
            if best == self._end:
                break
            ids.append(best)
            words.append(best)
        return str(self._tokenizer.decode(words)).strip()
