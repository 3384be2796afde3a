"""Deterministic stand-ins for encoder, tokenizer, language model and session.

Legend: T positions, D width, V = 256 bytes + 16 control tokens.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sensorium.contracts import Capabilities, Progress, Segment, Transcript
from sensorium.errors import CheckpointError, ContextLengthError

VOCABULARY = 272


class FakeTokenizer:
    """UTF-8 bytes, and any `<|name|>` as a control token numbered from 256 on."""

    def __init__(self) -> None:
        self._controls: list[str] = []

    def encode(self, text: str) -> list[int]:
        """Bytes."""
        return list(text.encode("utf-8", "replace"))

    def control(self, token: str) -> int:
        """A number above the bytes, the same for the same token."""
        if not re.fullmatch(r"<\|[a-z0-9_]+\|>", token):
            raise CheckpointError(f"'{token}' is not a control token")
        if token not in self._controls:
            self._controls.append(token)
        return 256 + self._controls.index(token)

    def decode(self, ids: Sequence[int]) -> str:
        """Bytes → text."""
        return bytes(i for i in ids if i < 256).decode("utf-8", "replace")

    def save(self, folder: Path) -> None:
        """Nothing to write."""


class FakeEncoder:
    """Features that depend on the content only; counts its calls in `encoded`."""

    def __init__(self, modality: str = "image", width: int = 8, positions: int = 4) -> None:
        self.modality = modality
        self.width = width
        self.positions = positions
        self.fingerprint = f"fake-{modality}-{width}-{positions}"
        self.encoded = 0

    def prepare(self, media: Any) -> Tensor:
        """A seed taken from the content."""
        content = media.tobytes() if hasattr(media, "tobytes") else repr(media).encode()
        return torch.tensor(int.from_bytes(hashlib.sha256(content).digest()[:4], "big"))

    def encode(self, batch: Sequence[Tensor]) -> list[Tensor]:
        """Each item as [positions, width]."""
        self.encoded += len(batch)
        return [
            torch.randn(
                self.positions, self.width, generator=torch.Generator().manual_seed(int(item))
            )
            for item in batch
        ]

    def save(self, folder: Path) -> None:
        """Nothing to write."""


class FakeTranscriber:
    """Hears what `heard` says a recording holds, by its number of samples; counts its calls."""

    modality = "audio"

    def __init__(self, heard: Mapping[int, str] | str = "hello") -> None:
        self.heard = heard
        self.transcribed = 0

    def transcribe(self, media: Any, *, progress: Progress | None = None) -> Transcript:
        """One segment as long as the recording, at 16 kHz."""
        self.transcribed += 1
        seconds = len(media) / 16_000
        if progress:
            progress(seconds)
        text = self.heard if isinstance(self.heard, str) else self.heard.get(len(media), "")
        if not text:
            return Transcript("", "")
        return Transcript(text, "en", (Segment(0.0, seconds, text),))

    def save(self, folder: Path) -> None:
        """Nothing to write."""


class FakeSession:
    """Remembers every embedding; logits depend on all of them and their order."""

    def __init__(self, llm: FakeLanguageModel) -> None:
        self._llm = llm
        self._held = torch.zeros(0, llm.width)

    @property
    def length(self) -> int:
        """Positions held."""
        return len(self._held)

    @property
    def nbytes(self) -> int:
        """Memory taken, in bytes."""
        return self._held.nbytes

    def append(self, embeddings: Tensor, *, last: int = 1) -> Tensor:
        """Logits [last, V]."""
        self._held = torch.cat([self._held, embeddings])
        if self.length > self._llm.context_length:
            raise ContextLengthError("too long")
        weights = torch.arange(1, self.length + 1).float()[:, None]
        mixed = torch.tanh((self._held * weights).cumsum(0) / weights)
        logits = mixed[-last:] @ self._llm.table.T
        logits[:, : ord(" ")] = logits[:, ord("~") + 1 :] = -100  # what it writes can be read
        return logits

    def truncate(self, length: int) -> None:
        """Forget from `length` on."""
        if not 0 <= length <= self.length:
            raise ValueError(f"{length} of {self.length} positions")
        self._held = self._held[:length].clone()

    def fork(self, length: int) -> FakeSession:
        """The beginning, once more."""
        fork = self._llm.open_session()
        fork._held = self._held
        fork.truncate(length)
        return fork


class FakeLanguageModel:
    """A fixed random table; fast, deterministic and senseless."""

    def __init__(self, width: int = 8, context_length: int = 512, seed: int = 0) -> None:
        self.width = width
        self.vocabulary = VOCABULARY
        self.context_length = context_length
        self.capabilities = Capabilities()
        self.fingerprint = f"fake-{width}-{seed}"
        self.tokenizer = FakeTokenizer()
        generator = torch.Generator().manual_seed(seed)
        self.table = torch.randn(VOCABULARY, width, generator=generator)

    def embed(self, ids: Tensor) -> Tensor:
        """[T] → [T, D]."""
        return self.table[ids]

    def open_session(self) -> FakeSession:
        """An empty session."""
        return FakeSession(self)

    def save(self, folder: Path) -> None:
        """Nothing to write."""
