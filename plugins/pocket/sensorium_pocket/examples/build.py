"""Makes the examples and their manifest again: python -m sensorium_pocket.examples.build

The seeds are evaluation seeds, so no training ever saw these scenes; nor has it heard this voice.
"""

from __future__ import annotations

import json
import wave
from pathlib import Path
from random import Random
from typing import NamedTuple

from sensorium_pocket.world import Query, Ref, Scene, answer, draw, sample_scene

from . import FOLDER, MANIFEST, RECORDING

PICTURE_PIXELS = 384


class Example(NamedTuple):
    """A picture, a question in the words that are shown, and what it asks."""

    picture: str
    question: str
    query: Query


SEEDS = {"cats.png": (1 << 40) + 1740, "garden.png": (1 << 40) + 3966}

EXAMPLES = (
    Example("cats.png", "How many cats are there?", Query("count", Ref("cat"))),
    Example("garden.png", "What do you see?", Query("caption")),
    Example("cats.png", "Where is the car?", Query("where", Ref("car"))),
    Example("garden.png", "What is left of the dog?", Query("next_to", Ref("dog"), side="left")),
)


def scene_of(picture: str) -> Scene:
    """The scene that a picture shows."""
    return sample_scene(Random(SEEDS[picture]))


def build(folder: Path = FOLDER) -> None:
    """Write every picture and the manifest."""
    for picture in SEEDS:
        draw(scene_of(picture), PICTURE_PIXELS).save(folder / picture, optimize=True)
    rows = [
        {
            "picture": example.picture,
            "seed": SEEDS[example.picture],
            "question": example.question,
            "answer": answer(scene_of(example.picture), example.query),
        }
        for example in EXAMPLES
    ]
    text = json.dumps(rows, indent=2, ensure_ascii=False) + "\n"
    (folder / MANIFEST.name).write_text(text, "utf-8")


def record(path: Path = RECORDING) -> None:
    """Have a synthetic voice ask the question in the file's name; 16-bit mono at 16 kHz."""
    from sensorium_pocket.speech.talking import voices
    from sensorium_pocket.speech.voices import Manner

    text = path.stem.replace("-", " ")
    (speech,) = voices().say([(text, Manner("gmw/en-US+f3", 150, 50, 50))])
    quarter = b"\0" * 8000
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", "NONE"))
        file.writeframes(quarter + (speech.waveform * 20_000).astype("<i2").tobytes() + quarter)


if __name__ == "__main__":
    build()
    record()
