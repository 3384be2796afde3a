"""Pictures → the tower's input, from the checkpoint's own `preprocessor_config.json`."""

from __future__ import annotations

from typing import Any, Literal

import torch
from PIL import Image
from sensorium.checkpoint import read_json
from sensorium.errors import CheckpointError, PerceptionError
from torch import Tensor

from .checkpoint import Checkpoint

SETTINGS = ("size", "crop_size", "resample", "image_mean", "image_std", "rescale_factor")
LONGEST_SIDE = 4096
"""Longer pictures are scaled down to this before padding, so a 65535 x 1 line stays small."""
STEEPEST_CROP = 4
"""Longer strips are cut to this aspect ratio before resizing; the centre crop sees less anyway."""

Fit = Literal["pad", "crop", "resize"]


class Preprocessor:
    """One picture (PIL, RGB) → [3, image_size, image_size] float32 on the CPU."""

    def __init__(self, settings: dict[str, Any], image_size: int, fit: Fit) -> None:
        # Named explicitly: without torchvision, transformers' automatic choice falls back silently.
        from transformers import CLIPImageProcessorPil

        defaults = {
            "size": {"shortest_edge": image_size},
            "crop_size": {"height": image_size, "width": image_size},
        }
        chosen = {key: settings[key] for key in SETTINGS if settings.get(key) is not None}
        self.image_size = image_size
        self.fit = fit
        try:
            self._processor = CLIPImageProcessorPil(**(defaults | chosen))
            self.mean = tuple(float(value) for value in self._processor.image_mean)
            self._background = tuple(int(value * 255) for value in self.mean)
            made = tuple(self(Image.new("RGB", (2, 2))).shape)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise CheckpointError(
                f"preprocessor_config.json does not describe a CLIP preprocessor: {error}"
            ) from error
        if made != (3, image_size, image_size):
            raise CheckpointError(
                f"preprocessor_config.json makes pictures of {made[2]} x {made[1]}, but the model "
                f"in config.json takes {image_size} x {image_size}."
            )

    def __call__(self, picture: Image.Image) -> Tensor:
        """[3, image_size, image_size] float32."""
        if not isinstance(picture, Image.Image):
            raise PerceptionError(f"CLIP takes a picture, not {type(picture).__name__}.")
        if picture.mode != "RGB":
            picture = picture.convert("RGB")
        geometry = {}
        if self.fit == "crop":
            picture = _without_far_ends(picture)
        else:
            picture = self._padded(picture) if self.fit == "pad" else picture
            side = (self.image_size, self.image_size)
            picture = picture.resize(side, Image.Resampling(int(self._processor.resample)))
            geometry = {"do_resize": False, "do_center_crop": False}
        pixels = self._processor(picture, return_tensors="np", **geometry)["pixel_values"][0]
        return torch.as_tensor(pixels, dtype=torch.float32)

    def to_dict(self) -> dict[str, Any]:
        """What `preprocessor_config.json` has to say for the same result."""
        processor = self._processor
        return {
            "image_processor_type": "CLIPImageProcessor",
            "size": dict(processor.size),
            "crop_size": dict(processor.crop_size),
            "resample": int(processor.resample),
            "image_mean": list(processor.image_mean),
            "image_std": list(processor.image_std),
            "rescale_factor": processor.rescale_factor,
            **{f"do_{step}": True for step in ("resize", "center_crop", "rescale", "normalize")},
            "do_convert_rgb": True,
        }

    def _padded(self, picture: Image.Image) -> Image.Image:
        """The picture in the middle of a square of CLIP's mean colour, as LLaVA does it."""
        longest = max(picture.size)
        if longest > LONGEST_SIDE:
            width, height = (max(1, round(side * LONGEST_SIDE / longest)) for side in picture.size)
            picture = picture.resize((width, height), Image.Resampling.BICUBIC)
        width, height = picture.size
        side = max(width, height)
        square = Image.new("RGB", (side, side), self._background)
        square.paste(picture, ((side - width) // 2, (side - height) // 2))
        return square


def read_preprocessor(checkpoint: Checkpoint, image_size: int, fit: Fit) -> Preprocessor:
    """From the checkpoint's file where it has one, else CLIP's values at the model's size."""
    path = checkpoint.find("preprocessor_config.json")
    return Preprocessor(read_json(path) if path else {}, image_size, fit)


def _without_far_ends(picture: Image.Image) -> Image.Image:
    width, height = picture.size
    kept_width = min(width, STEEPEST_CROP * height)
    kept_height = min(height, STEEPEST_CROP * width)
    if (kept_width, kept_height) == (width, height):
        return picture
    left, top = (width - kept_width) // 2, (height - kept_height) // 2
    return picture.crop((left, top, left + kept_width, top + kept_height))
