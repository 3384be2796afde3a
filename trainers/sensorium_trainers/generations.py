"""`generations.jsonl`: what the model said to validation samples, step by step, with their media.

A line is `{"step", "sample", "asked", "expected", "said", "media"}`; of `media` each has a
`modality`, and pictures and recordings a `file` in the output folder.
"""

from __future__ import annotations

import json
import wave
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from sensorium.media.audio import SAMPLE_RATE_HZ, Waveform
from sensorium.messages import Media
from transformers import TrainerCallback

from .answering import Exchange
from .folder import GENERATIONS, PICTURES, RECORDINGS
from .log import keep_until

_LONGEST_SIDE = 256
_LONGEST_SECONDS = 20


class Generations(TrainerCallback):  # type: ignore[misc]
    """Written by the first process alone."""

    def __init__(self, output: Path) -> None:
        self._output = output
        self.path = output / GENERATIONS

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Forget what a killed run wrote behind the checkpoint that this one goes on from."""
        if state.is_world_process_zero and self.path.exists():
            keep_until(self.path, state.global_step)

    def add(self, step: int, answers: Iterable[tuple[int, Exchange]]) -> None:
        """One line for each."""
        lines = [
            json.dumps(
                {
                    "step": step,
                    "sample": sample,
                    "asked": exchange.asked,
                    "expected": exchange.expected,
                    "said": exchange.said,
                    "media": [self._keep(media) for media in exchange.media],
                }
            )
            for sample, exchange in answers
        ]
        with self.path.open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)

    def _keep(self, media: Media) -> dict[str, Any]:
        if isinstance(media.value, Image.Image):
            name = f"{PICTURES}/{media.digest[:16]}.webp"
        elif media.modality == "audio":
            name = f"{RECORDINGS}/{media.digest[:16]}.wav"
        else:
            return {"modality": media.modality}
        path = self._output / name
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            (write_audio if media.modality == "audio" else write_picture)(media.value, path)
        return {"modality": media.modality, "file": name}


def write_picture(picture: Image.Image, path: Path) -> None:
    """No larger than a page shows it."""
    small = picture.copy()
    small.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    small.save(path, quality=85)


def write_audio(waveform: Waveform, path: Path) -> None:
    """[S] float32 at 16 kHz → WAV of 16 bits, the first seconds of it."""
    shortened = waveform[: _LONGEST_SECONDS * SAMPLE_RATE_HZ]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes((shortened.clip(-1, 1) * 32767).astype(np.dtype("<i2")).tobytes())
