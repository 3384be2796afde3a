"""The encoder: recordings → hidden states of Whisper's encoder.

Legend: S samples, M mel bins, F frames and P positions of one window (F = 2 P), B windows,
T positions of one recording that hold sound, D_encoder.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from sensorium.checkpoint import load_weights, same_weights, save_weights, write_json
from sensorium.device import choose_dtype, seeded
from sensorium.errors import PerceptionError
from sensorium.fingerprint import combine, weights_fingerprint
from torch import Tensor
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from .checkpoint import CONFIG, PREPROCESSOR, SAFE, Checkpoint
from .configuration import DECISIVE, read_config
from .preprocessing import Spectrograms, read_spectrograms
from .saving import converted_half, copy_speech, transformers_half
from .weights import PREFIXES, encoder_name

if TYPE_CHECKING:
    from .options import WhisperOptions

WINDOWS_AT_ONCE = 8


class WhisperFeatures:
    """A `TrainableEncoder` and `VariableEncoder`. Windows of a long recording follow each other."""

    modality = "audio"

    def __init__(
        self,
        module: WhisperEncoder,
        spectrograms: Spectrograms,
        fingerprint: str,
        source: Path | None = None,
    ) -> None:
        self.module: Any = module
        self.width: int = module.config.d_model
        self.fingerprint = fingerprint
        self._spectrograms = spectrograms
        self._source = source

    def prepare(self, media: Any) -> Tensor:
        """A waveform [S] → log-mel frames [M, frames] float32 on the CPU, no padding in them."""
        return self._spectrograms(media)

    def positions(self, prepared: Tensor) -> int:
        """T: one position for every two frames."""
        return self._spectrograms.positions(prepared.shape[-1])

    def features(self, inputs: Tensor) -> Tensor:
        """Whole windows [B, M, F] → [B, P, D_encoder] in the encoder's type, with gradients."""
        weight = self.module.conv1.weight
        hidden: Tensor = self.module(inputs.to(weight.device, weight.dtype)).last_hidden_state
        return hidden

    def features_of(self, batch: Sequence[Tensor]) -> list[Tensor]:
        """Prepared recordings → one [T, D_encoder] each, with gradients."""
        if not batch:
            return []
        windows = [self._spectrograms.windows(item) for item in batch]
        hidden = torch.cat(
            [self.features(some) for some in torch.split(torch.cat(windows), WINDOWS_AT_ONCE)]
        )
        of_items = torch.split(hidden, [len(some) for some in windows])
        return [
            each.flatten(0, 1)[: self.positions(item)]
            for each, item in zip(of_items, batch, strict=True)
        ]

    def encode(self, batch: Sequence[Tensor]) -> list[Tensor]:
        """As `features_of`, without gradients; PerceptionError where one is not finite."""
        with torch.inference_mode():
            features = self.features_of(batch)
        for number, item in enumerate(features, start=1):
            if not torch.isfinite(item).all():
                raise PerceptionError(
                    f"Whisper returned features that are not finite for recording {number} "
                    f"of {len(batch)}.",
                    hint="Check the weights; with float16 try dtype: float32.",
                )
        # Copies: a view would keep the whole batch alive in a cache, and a tensor made in
        # inference mode could not be the input of a projector in training.
        return [item.clone() for item in features]

    def save(self, folder: Path) -> None:
        """Write the encoder; where it was not trained, the whole speech checkpoint it is from."""
        folder.mkdir(parents=True, exist_ok=True)
        if self._source and same_weights(self.module, self._source / SAFE, encoder_name):
            source = self._source
            copy_speech(transformers_half(source), converted_half(source), folder)
        else:
            config = self.module.config.to_dict() | {"architectures": ["WhisperEncoder"]}
            write_json(folder / CONFIG, config)
            state = self.module.state_dict()
            named = {f"{PREFIXES[0]}{name}": value for name, value in state.items()}
            save_weights(named, folder / SAFE)
        write_json(folder / PREPROCESSOR, self._spectrograms.to_dict())


def build(options: WhisperOptions, device: str) -> WhisperFeatures:
    """The encoder with its weights on `device`; CheckpointError says what is wrong with them."""
    checkpoint = Checkpoint(options)
    config = read_config(checkpoint)
    spectrograms = read_spectrograms(checkpoint, config)
    dtype = choose_dtype(options.dtype, device)
    source = None
    if options.random_seed is None and device != "meta":
        path = checkpoint.weights()
        source = path.parent
        content = weights_fingerprint([path], encoder_name)
        with torch.device("meta"):
            module = WhisperEncoder(config)
        module = module.to(dtype).to_empty(device=device)
        load_weights(module, [path], encoder_name, kind="Whisper")
    else:
        content = f"random {options.random_seed}"
        module = seeded(lambda: WhisperEncoder(config), options.random_seed or 0, device).to(dtype)
    settings = [{name: getattr(config, name) for name in DECISIVE}, spectrograms.to_dict()]
    fingerprint = combine("whisper", json.dumps(settings, sort_keys=True), content)
    return WhisperFeatures(module.eval(), spectrograms, fingerprint, source)
