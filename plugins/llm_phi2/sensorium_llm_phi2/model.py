"""A Phi model as Sensorium's contract wants it.

Legend: B batch, T positions, D width of the model, N any number of positions, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from sensorium.contracts import Block, Capabilities
from sensorium.lora import LoraOptions
from sensorium.tokenizer import FILE_NAME, FastTokenizer
from torch import Tensor, nn

from .session import PhiSession


class PhiLanguageModel:
    """`PhiForCausalLM` with sessions, literal tokens and an optional LoRA adapter.

    `module` is the transformers model; an adapter's layers are injected into it, so it stays
    the same object with and without one. Its `lm_head` has a bias.
    """

    capabilities = Capabilities(embeddings=True)

    def __init__(self, module: nn.Module, folder: Path, fingerprint: str) -> None:
        self.module = module
        self._causal: Any = module
        self.width = int(self.config.hidden_size)
        # More than the tokenizer knows, for Phi pads its vocabulary.
        self.vocabulary = int(self.config.vocab_size)
        self.context_length = int(self.config.max_position_embeddings)
        self.fingerprint = fingerprint
        self.adapter: Any = None
        """The `peft.PeftModel` around `module`, or None."""
        self._folder = folder

    @property
    def config(self) -> Any:
        """The `PhiConfig`."""
        return self._causal.config

    @property
    def depth(self) -> int:
        """How many layers."""
        return int(self.config.num_hidden_layers)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        device: torch.device = self._embedding.weight.device
        return device

    @property
    def dtype(self) -> torch.dtype:
        """Of embeddings and hidden states."""
        dtype: torch.dtype = self._embedding.weight.dtype
        return dtype

    @property
    def decoder(self) -> Any:
        """The layers without embedding and head: transformers' `PhiModel`."""
        return self._causal.model

    @cached_property
    def tokenizer(self) -> FastTokenizer:
        """Read at first use: a checkpoint without tokenizer.json can still be trained on ids."""
        return FastTokenizer.load(self._folder)

    @property
    def has_tokenizer(self) -> bool:
        """Whether the checkpoint has a tokenizer.json at all."""
        return (self._folder / FILE_NAME).is_file()

    def embed(self, ids: Tensor) -> Tensor:
        """[T] int64 → [T, D]; with gradients where these are on."""
        embedded: Tensor = self._embedding(ids.to(self.device))
        return embedded

    def hidden(self, embeddings: Tensor, mask: Tensor, position_ids: Tensor) -> Tensor:
        """Final hidden states before the vocabulary head.

        embeddings [B, T, D]; mask [B, 1, T, T] bool, True where attention is allowed;
        position_ids [B, T] int64 → [B, T, D].
        """
        output = self.decoder(
            inputs_embeds=embeddings.to(self.device, self.dtype),
            attention_mask=mask.to(self.device),
            position_ids=position_ids.to(self.device),
            # Without this, training would fill a KV cache.
            use_cache=False,
        )
        hidden: Tensor = output.last_hidden_state
        return hidden

    def hidden_in_blocks(
        self, embeddings: Tensor, blocks: Sequence[Block], position_ids: Tensor
    ) -> Tensor:
        """As `hidden`, but nothing is computed outside of the blocks."""
        output = self.decoder(
            inputs_embeds=embeddings.to(self.device, self.dtype),
            # Given whole, so that transformers makes none of its own; the blocks decide.
            attention_mask=torch.ones(1, 1, 1, 1, dtype=torch.bool, device=self.device),
            position_ids=position_ids.to(self.device),
            use_cache=False,
            blocks=blocks,
        )
        hidden: Tensor = output.last_hidden_state
        return hidden

    def logits(self, hidden: Tensor) -> Tensor:
        """The vocabulary head: [N, D] → [N, V]."""
        logits: Tensor = self._causal.lm_head(hidden)
        return logits

    def open_session(self) -> PhiSession:
        """An empty KV cache."""
        return PhiSession(self)

    def add_lora(self, options: LoraOptions, *, seed: int = 0) -> None:
        """Freeze the weights and inject a fresh LoRA adapter (PEFT)."""
        from .adapters import add_lora

        add_lora(self, options, seed=seed)

    def check_merge(self) -> None:
        """ConfigError where the adapter sits on nf4 weights."""
        from .adapters import check_merge

        check_merge(self)

    def merge_lora(self) -> None:
        """Add the adapter into the weights; a head tied to the embeddings then stands alone."""
        from .adapters import merge

        merge(self)

    def save(self, folder: Path) -> None:
        """Write config.json, model.safetensors and tokenizer.json.

        An adapter goes into `folder/adapter` in PEFT's format, where `checkpoint: folder` finds
        it; the weights then are those of the base without it.
        """
        from .saving import save

        save(self, folder)

    @property
    def _embedding(self) -> Any:
        return self.decoder.embed_tokens
