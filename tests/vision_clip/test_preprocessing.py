"""Preprocessing equals the references people train with, and survives any picture."""

import json
import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sensorium.errors import CheckpointError
from sensorium_vision_clip.preprocessing import Preprocessor
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


STEPS = ("do_resize", "do_center_crop", "do_rescale", "do_normalize", "do_convert_rgb")
SHAPES = [
    {"size": {"shortest_edge": 32}},
    {"size": {"shortest_edge": 48}},
    {"size": {"shortest_edge": 20}},  # cropping then fills up with black
    {"size": {"height": 40, "width": 36}},
    {"size": {"height": 32, "width": 32}, "do_center_crop": False},
    {"size": {"shortest_edge": 40, "longest_edge": 60}},
    {"size": 36, "default_to_square": True},
    {"size": [33, 50]},
    {"size": 24, "crop_size": 24, "do_pad": True, "pad_size": {"height": 32, "width": 32}},
]
COLOURS = [
    {},
    {"image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.25, 0.5]},
    {"image_mean": 0.5, "image_std": 0.5},
    {"rescale_factor": 1 / 127.5, "image_mean": [1.0, 1.0, 1.0]},
    {"do_rescale": False, "image_mean": [123.0, 117.0, 104.0], "image_std": [60.0, 60.0, 60.0]},
]


def refusal(theirs, fit):
    """The key that must be named; None where every picture comes out as the tower takes it."""
    if fit != "crop" and not theirs.do_resize:
        return "do_resize: false"
    given = [(50, 50), (90, 30), (30, 90)] if fit == "crop" else [(50, 50)]
    try:
        fits = all(through(theirs, picture(size)).shape == (3, 32, 32) for size in given)
    except ValueError:  # larger than what it is to be padded to
        return "pad_size"
    return None if fits else "size: "


@given(
    shape=st.sampled_from(SHAPES),
    colours=st.sampled_from(COLOURS),
    switches=st.dictionaries(st.sampled_from(STEPS), st.booleans(), max_size=2),
    resample=st.integers(0, 5),
    fit=st.sampled_from(["pad", "crop", "resize"]),
    size=st.sampled_from([(32, 32), (50, 50), (7, 7), (90, 37), (30, 61)]),
)
@settings(max_examples=200, deadline=None)
def test_every_switch_does_what_it_does_in_transformers_or_is_refused(
    shape, colours, switches, resample, fit, size
):
    square = {"height": 32, "width": 32}
    chosen = {"crop_size": square, "resample": resample, **shape, **colours, **switches}
    theirs = CLIPImageProcessorPil(**chosen)
    if why := refusal(theirs, fit):
        with pytest.raises(CheckpointError, match=why):
            Preprocessor(chosen, 32, fit)
        return
    ours = Preprocessor(chosen, 32, fit)
    image = picture(size)
    if fit == "pad":  # our part of it; the rest is theirs
        expected = through(theirs, expand2square(image, ours._background))
    elif fit == "resize":
        image = picture((50, 50))  # of one that is square nothing is squashed
        expected = through(theirs, image)
    else:
        expected = through(theirs, image)
    assert_close(ours(image), expected.float(), rtol=0, atol=1e-6)
    written = json.loads(json.dumps(ours.to_dict()))
    assert torch.equal(Preprocessor(written, 32, fit)(image), ours(image))
    assert {key: written[key] for key in STEPS} == {key: getattr(theirs, key) for key in STEPS}


@pytest.mark.parametrize(
    ("changes", "background"),
    [
        ({}, (122, 116, 104)),
        ({"do_normalize": False}, (122, 116, 104)),
        ({"rescale_factor": 1 / 127.5, "image_mean": 1.0, "image_std": 0.5}, (127, 127, 127)),
        ({"do_rescale": False, "image_mean": [123, 117, 104]}, (123, 117, 104)),
        ({"do_rescale": False, "image_mean": [-1, 999, 0]}, (0, 255, 0)),
    ],
)
def test_padding_has_the_mean_colour_in_whatever_unit(changes, background):
    pixels = Preprocessor(changes, 32, "pad")(Image.new("RGB", (64, 32), "white"))
    alone = Preprocessor(changes, 32, "pad")(Image.new("RGB", (32, 32), background))
    assert torch.equal(pixels[:, :6], alone[:, :6])


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
        ({"image_mean": [0.5] * 4, "do_normalize": False}, "image_mean has 4 values"),
        ({"image_std": [0, 1, 1]}, "image_std .* not finite"),
        ({"size": {"longest_edge": 32}}, "does not describe.*[Ss]ize"),
        ({"size": {"shortest_edge": 10**9}}, "size: .*more than 4096"),
        ({"crop_size": [32, 10**9]}, "crop_size: .*more than 4096"),
        ({"do_normalize": "false"}, "do_normalize: 'false', not true or false"),
        ({"do_center_crop": False}, "do_resize: true, do_center_crop: false.*fit: pad"),
        ({"do_resize": False, "do_center_crop": False}, "2 x 2 .*do_resize: false"),
        ({"image_processor_type": "ViTImageProcessor"}, "image_processor_type: ViTImageProcessor"),
        ({"feature_extractor_type": "DeiTFeatureExtractor"}, "feature_extractor_type: DeiT"),
    ],
)
def test_a_preprocessor_that_does_not_fit(copy, make, changes, message):
    folder = copy()
    (folder / "preprocessor_config.json").write_text(json.dumps(changes))
    with pytest.raises(CheckpointError, match=message):
        make(folder, fit="crop")
