"""Pictures → the tower's input, from the checkpoint's own `preprocessor_config.json`.

transformers' processor for CLIP does what the file says, every step and every constant of it; `fit`
only says how a picture becomes square before that.
"""

from __future__ import annotations

import json
from typing import Any, Literal

import numpy as np
import torch
from PIL import Image
from sensorium.checkpoint import read_json
from sensorium.errors import CheckpointError, PerceptionError
from torch import Tensor

from .checkpoint import Checkpoint
from .settings import FILE, GEOMETRY, background, read_settings, square

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
        chosen = defaults | read_settings(settings)
        self.image_size = image_size
        self.fit = fit
        try:
            self._processor: Any = CLIPImageProcessorPil(**chosen)
            # Where `fit` resizes it does so itself: a picture that is padded may be large.
            self._square = None if fit == "crop" else square(self._processor, fit)
            self._background = background(self._processor)
            made = [self._probe(size) for size in ((2, 2), (9, 2), (2, 9))]
        except (TypeError, ValueError, KeyError, AttributeError, ArithmeticError) as error:
            raise CheckpointError(
                f"{FILE} does not describe a CLIP preprocessor: {error}"
            ) from error
        self._refuse_other_shapes(made)

    def __call__(self, picture: Image.Image) -> Tensor:
        """[3, image_size, image_size] float32."""
        if not isinstance(picture, Image.Image):
            raise PerceptionError(f"CLIP takes a picture, not {type(picture).__name__}.")
        if picture.mode != "RGB":
            picture = picture.convert("RGB")
        geometry = {}
        if self._square is not None:
            picture = self._padded(picture) if self.fit == "pad" else picture
            picture = picture.resize(self._square, Image.Resampling(int(self._processor.resample)))
            geometry = {"do_resize": False}
        elif self._sees_the_middle:
            picture = _without_far_ends(picture)
        pixels = self._processor(picture, return_tensors="np", **geometry)["pixel_values"][0]
        return torch.as_tensor(pixels, dtype=torch.float32)

    def to_dict(self) -> dict[str, Any]:
        """What `preprocessor_config.json` has to say for the same result."""
        processor = self._processor
        steps = ("resize", "center_crop", "rescale", "normalize", "convert_rgb")
        padding = {"do_pad": True, "pad_size": processor.pad_size and dict(processor.pad_size)}
        return {
            "image_processor_type": "CLIPImageProcessor",
            "size": dict(processor.size),
            "crop_size": dict(processor.crop_size),
            "resample": int(processor.resample),
            "image_mean": _listed(processor.image_mean),
            "image_std": _listed(processor.image_std),
            "rescale_factor": processor.rescale_factor,
            **{f"do_{step}": getattr(processor, f"do_{step}") for step in steps},
            **(padding if processor.do_pad else {}),
        }

    @property
    def _sees_the_middle(self) -> bool:
        """Whether the ends of a strip are cut off anyway."""
        processor = self._processor
        size, crop_size = dict(processor.size), dict(processor.crop_size)
        if not (processor.do_resize and processor.do_center_crop and [*size] == ["shortest_edge"]):
            return False
        return bool(max(crop_size.values()) <= STEEPEST_CROP * size["shortest_edge"])

    def _probe(self, size: tuple[int, int]) -> tuple[int, ...]:
        """The shape of what becomes of a picture; ValueError where it is not finite."""
        with np.errstate(all="ignore"):
            pixels = self(Image.new("RGB", size))
        if not pixels.isfinite().all():
            raise ValueError("image_std and rescale_factor make values that are not finite")
        return tuple(pixels.shape)

    def _refuse_other_shapes(self, made: list[tuple[int, ...]]) -> None:
        wanted = (3, self.image_size, self.image_size)
        odd = next((shape for shape in made if shape != wanted), None)
        if odd is None:
            return
        said = ", ".join(
            f"{key}: {json.dumps(value)}"
            for key, value in self.to_dict().items()
            if key in GEOMETRY and value is not None
        )
        raise CheckpointError(
            f"{FILE} makes pictures of {odd[2]} x {odd[1]} ({said}), but the model in config.json "
            f"takes {self.image_size} x {self.image_size}",
            hint="Pictures that are not square come out so; use fit: pad."
            if made[0] == wanted
            else None,
        )

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
    path = checkpoint.find(FILE)
    return Preprocessor(read_json(path) if path else {}, image_size, fit)


def _without_far_ends(picture: Image.Image) -> Image.Image:
    width, height = picture.size
    kept_width = min(width, STEEPEST_CROP * height)
    kept_height = min(height, STEEPEST_CROP * width)
    if (kept_width, kept_height) == (width, height):
        return picture
    left, top = (width - kept_width) // 2, (height - kept_height) // 2
    return picture.crop((left, top, left + kept_width, top + kept_height))


def _listed(values: Any) -> Any:
    return list(values) if isinstance(values, list | tuple) else values
