"""The shipped examples: what they show is what their manifest says, and training never saw them."""

from __future__ import annotations

import ctypes.util
import json
from pathlib import Path

import pytest
from PIL import Image, ImageChops
from sensorium import read_audio
from sensorium.registry import create_registry
from sensorium_pocket.examples import FOLDER, MANIFEST, RECORDING, examples
from sensorium_pocket.examples.build import EXAMPLES, PICTURE_PIXELS, SEEDS, build, record
from sensorium_pocket.pictures import EVALUATION_SEEDS


def test_the_bundle_brings_them() -> None:
    spec = create_registry().bundles.get("pocket")
    assert spec.examples is not None
    assert [question for _, question in spec.examples()] == [row.question for row in EXAMPLES]


def test_pictures_are_of_unseen_scenes() -> None:
    assert all(seed >= EVALUATION_SEEDS for seed in SEEDS.values())
    for picture, _ in examples():
        with Image.open(picture) as opened:
            assert opened.size == (PICTURE_PIXELS, PICTURE_PIXELS)


def test_they_can_be_made_again(tmp_path: Path) -> None:
    build(tmp_path)
    made, shipped = (json.loads((at / MANIFEST.name).read_text()) for at in (tmp_path, FOLDER))
    assert made == shipped, "run: python -m sensorium_pocket.examples.build"
    for picture in SEEDS:
        with Image.open(tmp_path / picture) as new, Image.open(FOLDER / picture) as old:
            # Another Pillow may round a resize differently.
            low_high = ImageChops.difference(new, old).getextrema()
            assert max(high for _, high in low_high) <= 2  # type: ignore[misc]


@pytest.mark.skipif(
    ctypes.util.find_library("espeak-ng") is None, reason="espeak-ng is not installed"
)
def test_the_recording_can_be_made_again(tmp_path: Path) -> None:
    record(tmp_path / RECORDING.name)
    made, shipped = (read_audio(path).value for path in (tmp_path / RECORDING.name, RECORDING))
    assert abs(len(made) - len(shipped)) < 1600  # another espeak-ng may say it a little differently


@pytest.mark.parametrize("name", SEEDS)
def test_pictures_are_small_enough_to_ship(name: str) -> None:
    assert (FOLDER / name).stat().st_size < 200_000
