"""LLaVA's files and plain text: what is read, and what is said where they are wrong."""

from __future__ import annotations

import json

import pytest
import torch
from PIL import Image
from sensorium import Message, TextSample
from sensorium.config import validate
from sensorium.errors import ConfigError, MediaError
from sensorium.media.images import read_image
from sensorium.render import render
from sensorium_llm_phi2.template import LLAVA_PHI
from sensorium_trainers.formats.llava import LlavaOptions, open_llava
from sensorium_trainers.formats.text import TextOptions, open_text
from sensorium_trainers.recipe import load_training_recipe

from .conftest import make_tokenizer


@pytest.fixture
def one(tmp_path):
    """`one(turns, image=…)`: the sample of a file with this record."""
    for colour in ("red", "blue"):
        Image.new("RGB", (30, 20), colour).save(tmp_path / f"{colour}.png")

    def read(*turns, **record):
        conversations = [{"from": who, "value": said} for who, said in turns]
        content = [{"id": "a7", "conversations": conversations, **record}]
        (tmp_path / "data.json").write_text(json.dumps(content))
        return open_llava(LlavaOptions(path=tmp_path / "data.json"))[0]

    return read


@pytest.fixture
def pictures(tmp_path, one):
    return [read_image(tmp_path / f"{colour}.png") for colour in ("red", "blue")]


@pytest.mark.parametrize(
    "shown", ["<image>\nWhat is it?", "What is it?\n<image>", "<image> What is it?"]
)
def test_a_single_picture_stands_in_front(one, pictures, shown):
    """As LLaVA's own preprocessing moves it."""
    sample = one(("human", shown), ("gpt", "A cat."), image="red.png")
    expected = (Message.user(pictures[0], "What is it?"), Message.assistant("A cat."))
    assert sample.conversations == (expected,)


def test_several_turns_and_a_system_text(one, pictures):
    turns = [("system", "Be kind."), ("human", "<image>\nHi"), ("gpt", "Yes")]
    sample = one(*turns, ("human", "And two?"), ("gpt", "No"), image="red.png")
    assert sample.conversations[0] == (
        Message.system("Be kind."),
        Message.user(pictures[0], "Hi"),
        Message.assistant("Yes"),
        Message.user("And two?"),
        Message.assistant("No"),
    )


def test_several_pictures_stay_where_they_are(one, pictures):
    red, blue = pictures
    shown = "A <image> and <image>\nWhat is it?"
    sample = one(("human", shown), ("gpt", "No"), image=["red.png", "blue.png"])
    assert sample.conversations[0][0] == Message.user("A ", red, " and ", blue, "What is it?")


def test_no_picture(one):
    sample = one(("human", "Two?"), ("gpt", "Yes"))
    assert sample.conversations == ((Message.user("Two?"), Message.assistant("Yes")),)


def test_the_marker_in_an_answer_is_text(one):
    sample = one(("human", "Two?"), ("gpt", "<image>"))
    assert sample.conversations[0][1] == Message.assistant("<image>")


def test_it_renders_as_llava_writes_it(one):
    """`USER: <image>\\nWhat is it? ASSISTANT: A cat.<|endoftext|>` around the picture."""
    sample = one(("human", "What is it?\n<image>"), ("gpt", "A cat."), image="red.png")
    from sensorium.tokenizer import FastTokenizer

    backend = make_tokenizer()
    pieces = render(
        sample.conversations[0], LLAVA_PHI, FastTokenizer(backend), system="", reply=False
    )
    texts = [
        backend.decode(list(piece.ids), skip_special_tokens=False) if hasattr(piece, "ids") else "I"
        for piece in pieces
    ]
    assert texts == [" USER: ", "I", "\nWhat is it? ASSISTANT:", " A cat.<|endoftext|>"]


@pytest.mark.parametrize(
    ("turns", "record", "error", "said"),
    [
        ([("human", "<image>\nHi"), ("gpt", "Yes")], {"image": "no.png"}, MediaError, "no.png"),
        ([("human", "<image>\nHi"), ("gpt", "Yes")], {}, ConfigError, "More '<image>'"),
        ([("human", "Hi"), ("gpt", "Yes")], {"image": "red.png"}, ConfigError, "1 pictures, but 0"),
        ([("human", "Hi"), ("gpt", "Yes")], {"image": 3}, ConfigError, "neither a file name"),
        ([("robot", "Hi"), ("gpt", "Yes")], {}, ConfigError, "'robot'; known are human, gpt"),
        ([("human", "Hi"), ("gpt", None)], {}, ConfigError, "each with a value"),
        ([], {}, ConfigError, "no list 'conversations'"),
    ],
)
def test_errors_name_the_record(one, turns, record, error, said):
    with pytest.raises(error, match="record 0, id a7") as caught:
        one(*turns, **record)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"{", "Cannot read"), (b"{}", "not a JSON list"), (b"\xff\xfe", "Cannot read")],
)
def test_bad_files(tmp_path, content, said):
    (tmp_path / "bad.json").write_bytes(content)
    with pytest.raises(ConfigError, match=said):
        open_llava(LlavaOptions(path=tmp_path / "bad.json"))
    (tmp_path / "list.json").write_text("[3]")
    with pytest.raises(ConfigError, match="record 0, id no object"):
        open_llava(LlavaOptions(path=tmp_path / "list.json"))[0]


def test_training_and_chat_see_the_same_pixels(make_run, llava):
    run = make_run("align")
    batch = run.objective.collate([run.data[0]])
    encoder = run.objective.pipeline.senses["image"].encoder
    picture = read_image(llava.parent / "red.png")  # as `ask --image` reads it
    assert torch.equal(batch["media"]["image"][0], encoder.prepare(picture.value))
    with torch.no_grad():
        trained_on = encoder.features(batch["media"]["image"])[0]
    torch.testing.assert_close(trained_on, encoder.encode([encoder.prepare(picture.value)])[0])


def test_text_lines(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("One line\r\n\n  \nAnother\x85 line of text")
    source = open_text(TextOptions(path=path))
    assert [source[i] for i in range(len(source))] == [
        TextSample("One line"),
        TextSample("Another\x85 line of text"),
    ]


def test_jsonl(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"story": "One"}\n{"story": 3}\nno json\n')
    source = open_text(TextOptions(path=path, key="story"))
    assert source[0] == TextSample("One")
    for index, line in ((1, 2), (2, 3)):
        with pytest.raises(ConfigError, match=f"line {line}: no object with a text under 'story'"):
            source[index]
    path.write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="not UTF-8"):
        open_text(TextOptions(path=path))
    with pytest.raises(ConfigError, match="No such file"):
        open_text(TextOptions(path=tmp_path / "none.txt"))


def test_jsonl_says_what_was_cut_off(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "A", "ended": false}\n{"text": "B", "ended": true}\n{"text": "C"}\n')
    source = open_text(TextOptions(path=path))
    assert [source[i].ended for i in range(3)] == [False, True, True]


def test_empty_data_is_refused(make_run, tmp_path):
    (tmp_path / "empty.txt").write_text("\n")
    with pytest.raises(ConfigError, match=r"'text' is empty \(data.0\)"):
        make_run("pretrain", data=[{"format": "text", "path": str(tmp_path / "empty.txt")}])


def test_paths_in_a_recipe_are_relative_to_it(tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    path = tmp_path / "recipe.yaml"
    path.write_text("model: ./m\noutput: ./out\nsteps: 1\ndata: [{format: llava, path: ./d.json}]")
    recipe = load_training_recipe(path, ["steps=7"])
    assert recipe.steps == 7
    assert recipe.output == tmp_path / "out"
    options = validate(LlavaOptions, recipe.data[0].settings, source="test")
    assert options.path == tmp_path / "d.json"


def test_the_environment_is_between_file_and_command_line(tmp_path, monkeypatch):
    path = tmp_path / "recipe.yaml"
    path.write_text("model: pocket\noutput: ./out\nsteps: 1\nseed: 1\ndata: [{format: llava}]")
    monkeypatch.setenv("SENSORIUM_TRAIN_STEPS", "5")
    monkeypatch.setenv("SENSORIUM_TRAIN_SEED", "6")
    monkeypatch.setenv("SENSORIUM_TRAIN_LORA__R", "3")
    recipe = load_training_recipe(path, ["steps=7"])
    assert (recipe.steps, recipe.seed, recipe.lora.r) == (7, 6, 3)
