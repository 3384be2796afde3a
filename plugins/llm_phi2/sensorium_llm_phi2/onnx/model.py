"""A Phi model on ONNX Runtime as Sensorium's contract wants it."""

from __future__ import annotations

import shutil
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from sensorium.contracts import Capabilities
from sensorium.tokenizer import FILE_NAME, FastTokenizer
from torch import Tensor

from sensorium_llm_phi2.checkpoint import CONFIG, WEIGHTS

from .checkpoint import GRAPH
from .session import OnnxSession

if TYPE_CHECKING:
    from onnxruntime import InferenceSession, RunOptions
    from transformers import PhiConfig

_DTYPES = {"tensor(float16)": np.float16, "tensor(float)": np.float32}


class OnnxPhiLanguageModel:
    """A converted folder: the graph runs on ONNX Runtime, embeddings are looked up in torch."""

    capabilities = Capabilities(embeddings=True)

    def __init__(
        self,
        session: InferenceSession,
        embedding: Tensor,
        config: PhiConfig,
        folder: Path,
        fingerprint: str,
    ) -> None:
        self.runtime = session
        """Holds the weights; every session of this model runs it, also at the same time."""
        self.config: Any = config
        self.width = int(config.hidden_size)
        self.vocabulary = int(config.vocab_size)
        self.context_length = int(config.max_position_embeddings)
        self.fingerprint = fingerprint
        stored = {value.name: value.type for value in session.get_inputs()}
        self.cache_dtype = _DTYPES[stored["past.0.key"]]
        """Of keys and values in a session, as the graph was converted."""
        self._embedding = embedding
        self._folder = folder

    @cached_property
    def tokenizer(self) -> FastTokenizer:
        """Read at first use."""
        return FastTokenizer.load(self._folder)

    @cached_property
    def shrinking(self) -> RunOptions:
        """For runs after which the runtime keeps no memory for the next one."""
        from onnxruntime import RunOptions

        options = RunOptions()
        options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
        return options

    def embed(self, ids: Tensor) -> Tensor:
        """[T] int64 → [T, D], float32."""
        return torch.nn.functional.embedding(ids.cpu(), self._embedding).float()

    def open_session(self) -> OnnxSession:
        """An empty KV cache."""
        return OnnxSession(self)

    def save(self, folder: Path) -> None:
        """Write the same files into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in (CONFIG, WEIGHTS, GRAPH, FILE_NAME):
            if (self._folder / name).is_file():
                shutil.copyfile(self._folder / name, folder / name)
