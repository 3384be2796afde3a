"""The trained parts → the shipped bundle: `python -m sensorium_pocket.build_bundle`."""

from __future__ import annotations

from pathlib import Path

import sensorium
import torch
from sensorium.bundle import save_bundle

from . import FOLDER

RECIPE = FOLDER / "recipes/bundle.yaml"


def build(recipe: Path = RECIPE, folder: Path = FOLDER / "bundle") -> None:
    """Compose what the recipe names and save it as `folder`, replaced in one step."""
    save_bundle(sensorium.load(recipe).pipeline, folder, name="pocket", dtype=torch.float16)


if __name__ == "__main__":
    build()
