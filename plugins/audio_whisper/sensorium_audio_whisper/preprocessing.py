"""Waveforms → log-mel spectrograms, by the checkpoint's own `preprocessor_config.json`.

Legend: S samples at 16 kHz, M mel bins, F frames of one window, W windows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from sensorium.checkpoint import read_json
from sensorium.errors import PerceptionError
from sensorium.media.audio import SAMPLE_RATE_HZ
from torch import Tensor

from .checkpoint import CONFIG, PREPROCESSOR, Checkpoint
from .frames import SETTINGS, FrameShape, chosen_settings, require_frames

if TYPE_CHECKING:
    from transformers import WhisperConfig


class Spectrograms:
    """One waveform [S] → its log-mel frames, windows one after another, the padding left out."""

    def __init__(self, settings: dict[str, Any], config: WhisperConfig) -> None:
        from transformers import WhisperFeatureExtractor

        wanted = FrameShape(config.num_mel_bins, 2 * config.max_source_positions)
        settings = {"feature_size": config.num_mel_bins} | settings
        require_frames(settings, wanted, source=PREPROCESSOR, model=CONFIG)
        self._extractor = WhisperFeatureExtractor(**chosen_settings(settings))
        self.samples = int(self._extractor.n_samples)
        self.frames = int(self._extractor.nb_max_frames)
        hop = self._extractor.hop_length
        # Frames behind the last sample that its sound still reaches: half the analysis window.
        self._tail = -(-(self._extractor.n_fft // 2) // hop)

    def __call__(self, waveform: Any) -> Tensor:
        """[S] → [M, frames] float32; PerceptionError for anything but a waveform."""
        samples = np.asarray(waveform)
        if samples.ndim != 1 or not samples.size or samples.dtype.kind != "f":
            raise PerceptionError(
                f"Whisper takes a mono waveform, not {samples.dtype} {list(samples.shape)}."
            )
        windows = [samples[at : at + self.samples] for at in range(0, len(samples), self.samples)]
        mels = self._extractor(windows, sampling_rate=SAMPLE_RATE_HZ, return_tensors="np")
        frames = torch.from_numpy(np.concatenate(list(mels["input_features"]), axis=1))
        heard = -(-len(windows[-1]) // self._extractor.hop_length) + self._tail
        return frames[:, : (len(windows) - 1) * self.frames + min(heard, self.frames)].contiguous()

    def positions(self, frames: int) -> int:
        """Positions of the encoder that hold sound, two prepared frames each."""
        windows, rest = divmod(frames, self.frames)
        return windows * (self.frames // 2) + (max(1, -(-(rest - self._tail) // 2)) if rest else 0)

    def windows(self, prepared: Tensor) -> Tensor:
        """[M, frames] → [W, M, F], the last one filled up with silence as the extractor has it."""
        pieces = list(torch.split(prepared, self.frames, dim=1))
        if missing := self.frames - pieces[-1].shape[1]:
            silence = max(float(pieces[-1].max()) - 2, -1.5)
            pieces[-1] = torch.nn.functional.pad(pieces[-1], (0, missing), value=silence)
        return torch.stack(pieces)

    def to_dict(self) -> dict[str, Any]:
        """What `preprocessor_config.json` has to say for the same result."""
        settings = {name: getattr(self._extractor, name) for name in SETTINGS}
        return {"feature_extractor_type": "WhisperFeatureExtractor", **settings}


def read_spectrograms(checkpoint: Checkpoint, config: WhisperConfig) -> Spectrograms:
    """From the checkpoint's file where it has one, else Whisper's values."""
    path = checkpoint.find(PREPROCESSOR)
    return Spectrograms(read_json(path) if path else {}, config)
