"""The objective of the stage `speech`: a Whisper writes what is said.

Legend: B clips, S samples, M mel bins, F frames of the window, P = F / 2 positions of the encoder,
T tokens of the longest text with its prompt, V vocabulary, D width.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from sensorium.device import resolve_device, use_threads
from sensorium.errors import ConfigError
from sensorium.media.audio import SAMPLE_RATE_HZ
from sensorium.specs import SpeechSample
from torch import Tensor, nn
from torch.nn import functional

from .answering import Exchange
from .folder import SPEECH
from .losses import cross_entropy, hits
from .objective import Objective
from .recipe import TrainingRecipe
from .whispers import Whisper, load_whisper, save_whisper
from .work import Work, cost, head_cost, learns, pairs

SOUND_CLASSES = 128
"""ASCII; 0 is the blank of connectionist temporal classification."""

ZERO_PADDED = 4
"""One clip in so many is followed by zeros, as faster-whisper pads, the others by silence."""

Spelled = tuple[SpeechSample, tuple[list[int], list[int]]]
"""A sample, what the decoder reads and what it shall write."""


class SpeechObjective(Objective):
    """Cross-entropy on the words and their end; sounds, where given, through a head of its own."""

    def __init__(self, whisper: Whisper, *, sound_weight: float = 0.0) -> None:
        super().__init__()
        # The whole is no child of ours, so nothing in it is counted twice.
        self._whisper = whisper
        self.terms = {"text_loss": 1.0} | ({"sound_loss": sound_weight} if sound_weight else {})
        self.encoder: nn.Module = whisper.model.model.encoder
        self.decoder: nn.Module = whisper.model.model.decoder
        if sound_weight:
            self.heads = nn.ModuleDict(
                {"sounds": nn.Linear(whisper.model.config.d_model, SOUND_CLASSES)}
            )

    def row(self, sample: SpeechSample) -> Spelled:
        """The sample with its text spelled for the decoder."""
        if not isinstance(sample, SpeechSample):
            raise ConfigError(
                f"The stage 'speech' learns from SpeechSample, not {type(sample).__name__}",
                where="data",
            )
        return sample, self._whisper.spell(sample.text, sample.language)

    def batch(self, rows: Sequence[Spelled]) -> dict[str, Any]:
        """frames [B, M, F], prompted ids [B, T], labels [B, T] and sounds [B, longest]."""
        samples = [sample for sample, _ in rows]
        longest = max(len(ids) for _, (ids, _) in rows)
        end = self._whisper.end
        pad = self._whisper.extractor
        made = pad([s.media.value for s in samples], sampling_rate=SAMPLE_RATE_HZ)
        frames = torch.as_tensor(made["input_features"])
        for row, sample in zip(frames, samples, strict=True):
            if int(sample.media.digest[:8], 16) % ZERO_PADDED == 0:
                row[:, len(sample.media.value) // pad.hop_length + 1 :] = 0
        return {
            "frames": frames,
            "ids": torch.tensor([ids + [end] * (longest - len(ids)) for _, (ids, _) in rows]),
            "labels": torch.tensor([to + [-100] * (longest - len(to)) for _, (_, to) in rows]),
            "sounds": nn.utils.rnn.pad_sequence(
                [torch.tensor([*sample.sounds.encode("ascii")]).long() for sample in samples],
                batch_first=True,
            ),
        }

    def outputs(self) -> list[nn.Module]:
        """The head of the sounds; words are named by the table of tokens."""
        return [*self.heads.values()] if self._spells else []

    def counts(self, batch: Mapping[str, Any]) -> dict[str, int]:
        """The tokens to be written, and the clips whose sounds are spelled."""
        tokens = int((batch["labels"] >= 0).sum())
        sounds = {"sound_loss": int((batch["sounds"] > 0).any(1).sum())} if self._spells else {}
        return {"text_loss": tokens, "token_accuracy": tokens, **sounds}

    @property
    def _spells(self) -> bool:
        return "sound_loss" in self.terms

    def work(self, rows: Sequence[Spelled]) -> Work:
        """Every clip fills the encoder's window; the decoder reads the texts."""
        model, config = self._whisper.model.model, self._whisper.model.config
        window = int(config.max_source_positions)
        heard = learns(self.encoder)
        # The first convolution runs over frames, two a position.
        flops = cost(self.encoder).of(window, window * window) + cost(model.encoder.conv1).of(
            window
        )
        if self._spells:
            flops += cost(self.heads, behind=heard).of(window)
        flops *= len(rows)
        writing = cost(self.decoder, behind=heard)
        naming = head_cost(self.decoder, config.vocab_size, behind=heard)
        # Keys and values of what was heard are made at the positions of the window.
        attentions = [layer.encoder_attn for layer in model.decoder.layers]
        made = [part for attention in attentions for part in (attention.k_proj, attention.v_proj)]
        hearing = sum(cost(part, behind=heard).position for part in made)
        lengths = [len(ids) for _, (ids, _) in rows]
        for length in lengths:
            # A token attends to those before it, and to all of the window.
            flops += writing.of(length, pairs(range(length)) + length * window)
            flops += naming.of(length) + hearing * (window - length)
        return Work(sum(lengths), flops)

    def answer(self, sample: SpeechSample, max_tokens: int) -> Exchange | None:
        """What it hears, written greedily."""
        batch = self.batch([self.row(sample)])
        device = next(self.parameters()).device
        hidden = self.encoder(batch["frames"].to(device)).last_hidden_state
        begun = int((batch["labels"][0] < 0).sum()) + 1
        ids = batch["ids"][:, :begun].to(device)
        room = self._whisper.model.config.max_target_positions - begun
        for _ in range(min(max_tokens, room)):
            states = self.decoder(input_ids=ids, encoder_hidden_states=hidden, use_cache=False)
            following = self._whisper.model.proj_out(states.last_hidden_state[:, -1:]).argmax(-1)
            if int(following) == self._whisper.end:
                break
            ids = torch.cat([ids, following], dim=1)
        said = self._whisper.tokenizer.decode(ids[0, begun:].tolist()).strip()
        return Exchange("", sample.text, said, (sample.media,))

    def forward(
        self, frames: Tensor, ids: Tensor, labels: Tensor, sounds: Tensor
    ) -> dict[str, Tensor]:
        """→ sums over tokens, of the loss and of those that were right, and over clips."""
        hidden = self.encoder(frames).last_hidden_state
        states = self.decoder(input_ids=ids, encoder_hidden_states=hidden, use_cache=False)
        told = labels >= 0
        logits = self._whisper.model.proj_out(states.last_hidden_state[told]).float()
        words, right = cross_entropy(logits, labels[told]), hits(logits, labels[told])
        heard = {"sound_loss": self._hear(hidden, sounds)} if self._spells else {}
        return {"text_loss": words, "token_accuracy": right, **heard}

    def _hear(self, hidden: Tensor, sounds: Tensor) -> Tensor:
        """A mean over the sounds of each clip, summed over clips."""
        said: Tensor = self.heads["sounds"](hidden).float()
        logits = said.log_softmax(-1).transpose(0, 1)
        lengths = (sounds > 0).sum(1)
        spelled = lengths > 0
        if not spelled.any():
            return logits.sum() * 0  # the head is used in every process, or in none
        lengths, positions = lengths[spelled], torch.full_like(lengths[spelled], hidden.shape[1])
        told = logits[:, spelled], sounds[spelled], positions, lengths
        heard = functional.ctc_loss(*told, reduction="none", zero_infinity=True)
        return (heard / lengths).sum()

    def export(self, recipe: TrainingRecipe) -> Path:
        """Write the speech checkpoint; the head of the sounds is left behind."""
        folder = recipe.output / SPEECH
        save_whisper(self._whisper, folder, recipe.export_dtype)
        return folder


def compose_speech(recipe: TrainingRecipe) -> SpeechObjective:
    """The Whisper the recipe starts from: a checkpoint, or random weights in its shape."""
    if not isinstance(recipe.model, str):
        raise ConfigError("The stage 'speech' starts from the folder of a Whisper", where="model")
    resolve_device(recipe.device)
    use_threads(recipe.threads)
    return SpeechObjective(load_whisper(Path(recipe.model)), sound_weight=recipe.sound_weight)
