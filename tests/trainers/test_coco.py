"""COCO captions: one sample each, and no picture in both parts."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sensorium import Message, read_image
from sensorium.errors import ConfigError, MediaError, SampleError
from sensorium_trainers.formats.coco import QUESTIONS, CocoOptions, open_coco


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """100 pictures (ids 1000 …) with five captions each, told apart by their widths."""
    folder = tmp_path_factory.mktemp("coco")
    images = [{"id": 1000 + n, "file_name": f"{n:012}.png", "height": 2} for n in range(100)]
    for n, image in enumerate(images):
        Image.new("RGB", (1 + n, 2), "red").save(folder / image["file_name"])
    annotations = [
        {"id": 7 * n, "image_id": 1000 + n % 100, "caption": f" Caption {n} of\nmany. "}
        for n in range(500)
    ]
    content = {"info": {}, "images": images, "annotations": annotations}
    (folder / "captions.json").write_text(json.dumps(content))
    return folder


@pytest.fixture
def opened(folder):
    return lambda **options: open_coco(
        CocoOptions(path=folder / "captions.json", images=folder, **options)
    )


def test_one_sample_for_each_caption(opened, folder):
    source = opened(validation_share=0)
    assert len(source) == 500
    asked, answered = source[103].conversations[0]
    assert answered == Message.assistant("Caption 103 of many.")
    assert asked.media == (read_image(folder / f"{3:012}.png"),)
    assert asked.parts[0].media == asked.media[0]  # the picture stands in front
    assert asked.text in QUESTIONS


@settings(deadline=None, max_examples=50)
@given(share=st.floats(0, 1), seeds=st.tuples(st.integers(0, 9), st.integers(0, 9)))
def test_no_picture_is_in_both_parts(folder, share, seeds):
    pictures, captions = [], []
    for part, seed in zip(("train", "validation"), seeds, strict=True):
        options = CocoOptions(
            path=folder / "captions.json",
            images=folder,
            part=part,
            validation_share=share,
            seed=seed,
        )
        source = open_coco(options)
        captions.append({number for number, _ in source._captions})
        pictures.append({caption["image_id"] for _, caption in source._captions})
    assert not pictures[0] & pictures[1]
    assert not captions[0] & captions[1]
    assert captions[0] | captions[1] == set(range(500))


def test_the_share_is_of_pictures(opened):
    assert 100 <= len(opened(part="validation", validation_share=0.4)) <= 300
    assert len(opened(part="validation", validation_share=0)) == 0
    assert len(opened(part="train", validation_share=1)) == 0


def test_a_larger_share_keeps_what_was_there(opened):
    """Pictures move from train to validation only, so a longer run never meets the other way."""
    few, more = (opened(part="validation", validation_share=share) for share in (0.1, 0.5))
    assert {number for number, _ in few._captions} < {number for number, _ in more._captions}


def test_the_seed_chooses_questions(opened):
    def asked(seed, **options):
        source = opened(seed=seed, validation_share=0, **options)
        return [source[index].conversations[0][0].text for index in range(40)]

    assert asked(1) == asked(1) != asked(2)
    assert set(asked(1)) == set(QUESTIONS)
    assert set(asked(1, questions=("What?",))) == {"What?"}


@pytest.mark.parametrize(
    ("image", "annotation", "error", "said"),
    [
        ({"id": 1, "file_name": "none.png"}, {}, MediaError, "none.png: No such file"),
        ({"id": 1, "file_name": "../a.png"}, {}, SampleError, "not inside the folder"),
        ({"id": 2, "file_name": "a.png"}, {}, SampleError, "has the id 1"),
        ({"id": 1}, {}, SampleError, "No picture with a file name"),
        ("a.png", {"image_id": [1]}, SampleError, r"has the id \[1\]"),
        ({"id": 1, "file_name": "a.png"}, {"caption": 3}, SampleError, "no text 'caption'"),
        ({"id": 1, "file_name": "a.png"}, {"caption": " "}, SampleError, "no text 'caption'"),
    ],
)
def test_errors_name_the_annotation(tmp_path, image, annotation, error, said):
    record = {"id": 9, "image_id": 1, "caption": "A cat.", **annotation}
    path = tmp_path / "bad.json"
    path.write_text(json.dumps({"images": [image], "annotations": [record, "no object"]}))
    source = open_coco(CocoOptions(path=path, images=tmp_path, validation_share=0))
    with pytest.raises(error, match=rf"{said}.*bad\.json, annotation 0, id 9"):
        source[0]
    with pytest.raises(SampleError, match="annotation 1, id no object"):
        source[1]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "Cannot read"),
        ("[" * 100_000, "Cannot read"),
        ("[]", "no list 'images'"),
        ('{"images": []}', "no list 'annotations'.*captions_train2017.json"),
    ],
)
def test_bad_files(tmp_path, content, said):
    (tmp_path / "bad.json").write_text(content)
    with pytest.raises(ConfigError, match=said):
        open_coco(CocoOptions(path=tmp_path / "bad.json", images=tmp_path))
