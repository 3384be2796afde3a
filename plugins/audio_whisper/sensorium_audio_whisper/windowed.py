"""faster-whisper for models whose window is not 30 s."""

from __future__ import annotations

import numpy as np
from ctranslate2 import StorageView
from faster_whisper import WhisperModel
from numpy.typing import NDArray

Frames = NDArray[np.float32]


class WindowedWhisper(WhisperModel):  # type: ignore[misc]
    """faster-whisper pads every window to 3,000 frames; here the model's own length is kept."""

    def encode(self, features: Frames) -> StorageView:
        """Log-mel frames [M, 3000] → what the decoder listens to."""
        length = self.feature_extractor.nb_max_frames
        if length != features.shape[-1]:
            features = _as_trained(features, length)
        return super().encode(features)


def _as_trained(features: Frames, length: int) -> Frames:
    """[M, 3000] padded with 0 → [M, length] padded with silence, as transformers pads it.

    0 is a rather loud sound in a log-mel spectrogram; OpenAI's models are used to it. Silence is
    8 decades below the loudest, -10 at least: (x + 4) / 4 for x of those.
    """
    features = np.array(features[:, :length])
    sounding = np.flatnonzero(features.any(axis=0))
    if len(sounding):
        features[:, sounding[-1] + 1 :] = max(float(features.max()) - 2, -1.5)
    return features
