"""Preprocessing equals the references people train with, and survives any picture."""

import json
import tracemalloc

import numpy as np
import pytest
import torch
from PIL import Image
from sensorium.errors import CheckpointError
from torch.testing import assert_close
from transformers import CLIPImageProcessorPil

SIZES = [(64, 64), (100, 40), (37, 90), (31, 32), (300, 10), (5, 3)]


def picture(size, seed=0):
    noise = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(noise)


def reference():
    square = {"height": 32, "width": 32}
    return CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size=square)


def expand2square(image, background):
    """LLaVA's llava/mm_utils.py, written out."""
    width, height = image.size
    if width == height:
        return image
    if width > height:
        result = Image.new(image.mode, (width, width), background)
        result.paste(image, (0, (width - height) // 2))
        return result
    result = Image.new(image.mode, (height, height), background)
    result.paste(image, ((height - width) // 2, 0))
    return result


def through(processor, image):
    return torch.as_tensor(processor(image, return_tensors="np")["pixel_values"][0])


@pytest.mark.parametrize("size", SIZES)
def test_pad_is_llavas(saved, make, size):
    processor = reference()
    background = tuple(int(value * 255) for value in processor.image_mean)
    expected = through(processor, expand2square(picture(size), background))
    assert_close(make(saved["gelu"][0], fit="pad").prepare(picture(size)), expected)


@pytest.mark.parametrize("size", [(64, 64), (100, 40), (37, 90), (31, 32), (5, 3)])
def test_crop_is_transformers(saved, make, size):
    expected = through(reference(), picture(size))
    assert_close(make(saved["gelu"][0], fit="crop").prepare(picture(size)), expected)


@pytest.mark.parametrize("size", SIZES)
def test_resize_squashes(saved, make, size):
    squashed = picture(size).resize((32, 32), Image.Resampling.BICUBIC)
    expected = through(reference(), squashed)
    assert_close(make(saved["gelu"][0], fit="resize").prepare(picture(size)), expected)


def test_a_long_picture_is_padded_alike(saved, make):
    wide = picture((300, 100)).resize((4500, 1500), Image.Resampling.BILINEAR)
    processor = reference()
    background = tuple(int(value * 255) for value in processor.image_mean)
    expected = through(processor, expand2square(wide, background))
    ours = make(saved["gelu"][0], fit="pad").prepare(wide)
    assert (ours - expected).abs().mean() < 0.02  # of about 4 units from black to white


@pytest.mark.parametrize("size", [(1, 1), (65535, 1), (1, 65535), (2, 9000)])
@pytest.mark.parametrize("fit", ["pad", "crop", "resize"])
def test_extreme_pictures(saved, make, size, fit, monkeypatch):
    encoder, extreme = make(saved["gelu"][0], fit=fit), Image.new("RGB", size, "white")
    new = Image.new  # Pillow's memory is out of tracemalloc's sight

    def counted(mode, size, *colour):
        if size[0] * size[1] > 4096 * 4096:
            pytest.fail(f"asked for a picture of {size}")
        return new(mode, size, *colour)

    monkeypatch.setattr(Image, "new", counted)
    tracemalloc.start()
    pixels = encoder.prepare(extreme)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert pixels.shape == (3, 32, 32)
    assert pixels.dtype is torch.float32
    assert torch.isfinite(pixels).all()
    assert peak < 20_000_000
    assert encoder.encode([pixels])[0].shape == (16, 32)


def test_only_the_middle_of_an_extreme_strip_is_cropped(saved, make):
    strip = Image.new("RGB", (9000, 3), "black")
    strip.paste((255, 255, 255), (4495, 0, 4505, 3))
    pixels = make(saved["gelu"][0], fit="crop").prepare(strip)
    assert (pixels[:, :, 8:24] > 1).all()


def test_other_modes_become_rgb(saved, make):
    encoder = make(saved["gelu"][0])
    grey = Image.new("L", (8, 8), 200)
    assert torch.equal(encoder.prepare(grey), encoder.prepare(grey.convert("RGB")))


def test_the_checkpoints_own_values_are_used(copy, make):
    folder = copy()
    own = {
        "size": 32,  # integers, as OpenAI's files have them
        "crop_size": 32,
        "resample": 2,
        "image_mean": [0.5, 0.5, 0.5],
        "image_std": [0.25, 0.25, 0.25],
        "feature_extractor_type": "CLIPFeatureExtractor",
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(own))
    encoder = make(folder)
    white = encoder.prepare(Image.new("RGB", (4, 4), "white"))
    assert_close(white, torch.full((3, 32, 32), 2.0))
    padded = encoder.prepare(Image.new("RGB", (32, 8), "white"))
    assert_close(padded[:, 0], torch.full((3, 32), (127 / 255 - 0.5) / 0.25))
    rough = encoder.prepare(picture((64, 64)))
    bilinear = picture((64, 64)).resize((32, 32), Image.Resampling.BILINEAR)
    assert_close(rough, encoder.prepare(bilinear))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"size": 48, "crop_size": 48}, "pictures of 48 x 48.*takes 32 x 32"),
        ({"image_mean": "grey"}, "does not describe"),
        ({"image_mean": [0.5]}, "does not describe"),
        ({"resample": 99}, "does not describe"),
    ],
)
def test_a_preprocessor_that_does_not_fit(copy, make, changes, message):
    folder = copy()
    (folder / "preprocessor_config.json").write_text(json.dumps(changes))
    with pytest.raises(CheckpointError, match=message):
        make(folder, fit="crop")
