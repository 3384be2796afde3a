"""Data sets through `datasets`, from local folders in the very form that the hub serves."""

from __future__ import annotations

import builtins
import json

import pytest
import torch
from safetensors.torch import load_file
from sensorium import Message, TextSample, read_image
from sensorium.errors import ConfigError, MediaError, MissingPackageError, SampleError
from sensorium_trainers.checkpoints import WEIGHTS, newest_checkpoint
from sensorium_trainers.formats.hub import HubOptions, open_hub

from .test_parquet import IMAGE, TEXT, assistant, png, pq, pyarrow, talk

datasets = pytest.importorskip("datasets")
pytestmark = pytest.mark.usefixtures("hub_offline")

STORIES = [f"One day a cat met {n} dogs ." for n in range(7)]


@pytest.fixture
def stories(tmp_path):
    """As roneneldan/TinyStories is laid out: `data/train-…parquet` with one column, `text`."""
    folder = tmp_path / "TinyStories" / "data"
    folder.mkdir(parents=True)
    for number, (split, lines) in enumerate(
        (("train", STORIES[:3]), ("train", STORIES[3:]), ("validation", ["Another"]))
    ):
        name = f"{split}-{min(number, 1):05}-of-00002.parquet"
        pq.write_table(pyarrow.table({"text": lines}), folder / name)
    return folder.parent


def opened(folder, tmp_path, **options):
    return open_hub(HubOptions(dataset=str(folder), cache=tmp_path / "cache", **options))


def test_tiny_stories(stories, tmp_path):
    source = opened(stories, tmp_path, text="text")
    assert [source[index] for index in range(len(source))] == [TextSample(one) for one in STORIES]
    assert [*opened(stories, tmp_path, split="validation", text="text")] == [TextSample("Another")]
    assert len(opened(stories, tmp_path, split="train[:2]", text="text")) == 2


def test_json_lines(tmp_path):
    folder = tmp_path / "talks"
    folder.mkdir()
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes"}]
    (folder / "train.jsonl").write_text(json.dumps({"talk": turns}) + "\n")
    source = opened(folder, tmp_path, messages="talk")
    assert source[0].conversations == ((Message.user("Hi"), Message.assistant("Yes")),)


def picture_set(folder, cells):
    """With the library's own type of picture, as its schema says it."""
    rows = [{"images": cell, "messages": talk(TEXT, IMAGE), "n": 1} for cell in cells]
    found = datasets.Features.from_arrow_schema(pyarrow.Table.from_pylist(rows).schema)
    features = datasets.Features({**found, "images": datasets.List(datasets.Image())})
    folder.mkdir()
    table = pyarrow.Table.from_pylist(rows, schema=features.arrow_schema)
    pq.write_table(table, folder / "train.parquet")


def test_pictures_are_read_within_our_limits(tmp_path):
    """The library would decode them itself, without limits, in every mode a file may have."""
    good, bad = {"bytes": png("red"), "path": None}, {"bytes": b"no", "path": None}
    picture_set(tmp_path / "set", [[good], [bad]])
    source = opened(tmp_path / "set", tmp_path, messages="messages", image="images")
    asked, answered = source[0].conversations[0]
    assert asked == Message.user("What is it?", read_image(png("red")))
    assert answered == Message.assistant(assistant("Yes.")["content"][0]["text"])
    with pytest.raises(MediaError, match=r"not a picture .*set, train, row 1"):
        source[1]


def test_a_path_in_a_data_set_is_not_followed(tmp_path):
    (tmp_path / "red.png").write_bytes(png("red"))
    cell = {"bytes": None, "path": str(tmp_path / "red.png")}
    picture_set(tmp_path / "set", [[cell]])
    for media, said in ((None, "no folder of media"), (tmp_path, "is not inside")):
        source = opened(
            tmp_path / "set", tmp_path, messages="messages", image="images", media=media
        )
        with pytest.raises(SampleError, match=said):
            source[0]


def test_what_cannot_be_loaded(stories, tmp_path):
    for wrong, said in (
        ({"split": "test", "text": "text"}, "cannot be loaded: .*test"),
        ({"text": "story"}, "no column 'story'.*Columns: text"),
    ):
        with pytest.raises(ConfigError, match=said):
            opened(stories, tmp_path, **wrong)
    with pytest.raises(ConfigError, match=r"'nobody/nothing' cannot be loaded.*local folder"):
        opened("nobody/nothing", tmp_path, text="text")


def test_a_script_is_never_run(tmp_path):
    folder = tmp_path / "scripted"
    folder.mkdir()
    (folder / "scripted.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(ConfigError, match="cannot be loaded"):
        opened(folder, tmp_path, text="text")
    assert not (tmp_path / "ran").exists()


def test_resume_is_exact(make_run, stories, tmp_path):
    """The table is the same file in every run, so a sample's place is its number."""
    data = [
        {"format": "hub", "dataset": str(stories), "text": "text", "cache": str(tmp_path / "c")}
    ]
    settings = {"data": data, "save_every": 1, "keep": 9}
    make_run("pretrain", output=str(tmp_path / "one"), steps=5, **settings).train(lambda line: None)
    for steps, workers in ((2, 1), (5, 0)):
        make_run(
            "pretrain", output=str(tmp_path / "two"), steps=steps, workers=workers, **settings
        ).train(lambda line: None)
    one, two = (load_file(newest_checkpoint(tmp_path / n) / WEIGHTS) for n in ("one", "two"))
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_without_the_package(monkeypatch, stories, tmp_path):
    real = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name == "datasets":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(MissingPackageError, match=r"pip install .*\[datasets\]'"):
        opened(stories, tmp_path, text="text")
