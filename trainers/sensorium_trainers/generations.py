"""`generations.jsonl`: what the model said to validation samples, step by step, with pictures.

A line is `{"step", "sample", "asked", "expected", "said", "media"}`; of `media` each has a
`modality`, and a picture a `file` in the output folder.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from PIL import Image
from sensorium.messages import Media
from transformers import TrainerCallback

from .answering import Exchange
from .checkpoints import GENERATIONS
from .log import keep_until

PICTURES = "pictures"

_LONGEST_SIDE = 256


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
        if not isinstance(media.value, Image.Image):
            return {"modality": media.modality}
        name = f"{PICTURES}/{media.digest[:16]}.webp"
        path = self._output / name
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            small = media.value.copy()
            small.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
            small.save(path, quality=85)
        return {"modality": media.modality, "file": name}
