"""Natural first tries in Python: taken where they mean one thing, else told what to give."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import sensorium
from PIL import Image
from sensorium import ChatEngine, GenerationOptions, Message, TextPart, read_image
from sensorium.errors import ConfigError, InputTypeError, MediaError, SensoriumError
from sensorium.inputs import as_messages, as_options, as_overrides
from sensorium.messages import WORDLESS_QUESTION, question_of
from sensorium.testing import EARS, fake_engine

RED = Image.new("RGB", (6, 4), "red")


def _half(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.resize((60, 60)).save(file, "BMP")
    return file.getvalue()[:5000]


@pytest.fixture(scope="module")
def engine():
    return fake_engine(recipe={"generation": {"max_tokens": 6}} | EARS)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.png"
    RED.save(path)
    return path


def shapes(picture: Path) -> list[object]:
    """A red picture in every form that a message takes."""
    return [
        picture,
        picture.read_bytes(),
        bytearray(picture.read_bytes()),
        memoryview(picture.read_bytes()),
        RED,
        np.asarray(RED),
        np.asarray(RED) / 255,
        (np.asarray(RED) / 255).astype(np.float16),
        read_image(RED),
    ]


def test_a_text_is_a_question(engine):
    expected = engine.ask([Message.user("hello")]).text
    assert engine.ask("hello").text == engine.ask(Message.user("hello")).text == expected
    assert engine.ask(["hello"]).text == engine.ask(("hello",)).text == expected
    assert "".join(engine.stream("hello")).strip() == expected
    assert engine.ask({"role": "user", "content": "hello"}).text == expected
    assert engine.ask(iter([Message.user("hello")])).text == expected


def test_a_picture_in_any_form_is_that_picture(engine, file):
    expected = engine.ask([Message.user(read_image(RED), "What is it?")]).text
    for given in shapes(file):
        assert Message.user(given).media == (read_image(RED),), type(given)
        assert engine.ask([given, "What is it?"]).text == expected


def test_a_text_stays_text_also_where_it_names_a_file(file):
    assert Message.user(str(file)).parts == (TextPart(str(file)),)


def test_a_recording_is_told_from_a_picture(recorded):
    path = recorded(0.5)
    for given in (path, path.read_bytes()):
        (media,) = Message.user(given).media
        assert (media.modality, len(media.value)) == ("audio", 8000)


def test_pictures_alone_ask_what_is_to_be_seen_and_recordings_ask_themselves(file, recorded):
    assert question_of(file).text == WORDLESS_QUESTION
    assert question_of(file, " ").text.strip() == WORDLESS_QUESTION
    assert as_messages([file, file])[0].text == WORDLESS_QUESTION
    assert question_of(file, "Where?").text == "Where?"
    assert question_of(file, recorded(0.5)).text == ""
    assert Message.user(file).text == ""  # a message of one's own making is left as it is


def test_a_conversation_of_dicts_and_messages(file):
    said = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [file, "What is it?"]},
        Message.assistant("Red."),
        {"role": "user", "content": "And now?"},
    ]
    found = as_messages(said)
    assert [message.role for message in found] == ["system", "user", "assistant", "user"]
    assert found[1].media == (read_image(RED),)
    assert found[3] == Message.user("And now?")
    assert as_messages(found) == found


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (3, r"int is no conversation\. Try ask\(.hello"),
        (None, "NoneType is no conversation"),
        (["hello", "Hi.", "And now?"], "Of several texts nobody can tell who said them"),
        ([Message.user("hello"), "And now?"], r"made of messages alone.*Message\.user"),
        ([3], "made of text, pictures and recordings, not int"),
        ([["hello"]], "one after another"),
        ({"text": "hello"}, "has the keys role and content, not text"),
        (np.zeros(16_000), r"array \[16000\] of float64 is no picture.*read_audio"),
    ],
)
def test_what_could_mean_several_things_is_refused_with_what_to_give(engine, given, said):
    for take in (as_messages, engine.ask, engine.stream):
        with pytest.raises(InputTypeError, match=said) as caught:
            take(given)
        assert isinstance(caught.value, TypeError)
        assert isinstance(caught.value, SensoriumError)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Message.user([RED, "What is it?"]),
        lambda: Message.user(object()),
        lambda: Message.assistant(RED),
        lambda: Message.system(None),
        lambda: Message("user", "hello"),
        lambda: Message("user", (RED,)),
    ],
)
def test_a_message_of_something_else_is_refused_where_it_is_made(make):
    with pytest.raises(InputTypeError):
        make()


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    torn = tmp_path / "torn.png"
    torn.write_bytes(b"\x89PNG")
    for path in (torn, tmp_path / "absent.png", tmp_path):
        with pytest.raises(MediaError) as caught:
            Message.user(path)
        assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty"),
        (b"hello", r"neither a picture \(JPEG, .*\) nor a recording \(WAV, .*\) in a known format"),
        (b"RIFF\0\0\0\0WAVE", "The recording is damaged or incomplete"),
        (b"ID3\3\0\0\0\0\0\0", "The recording is damaged or incomplete"),
        (_half(RED), "The picture is damaged or incomplete"),
    ],
)
def test_an_error_names_what_was_given(tmp_path, content, said):
    path = tmp_path / "question.wav"
    path.write_bytes(content)
    for given in (content, path):
        with pytest.raises(MediaError, match=said):
            Message.user(given)


def test_options_may_be_a_dict_over_those_of_the_recipe(engine):
    usual = engine.pipeline.generation
    assert engine.ask("hi", {"max_tokens": 3}).usage.completion == 3
    assert engine.ask("hi", GenerationOptions(max_tokens=2)).usage.completion == 2
    assert engine.ask("hi", {"temperature": 0}).usage.completion == usual.max_tokens
    assert engine.ask("hi", {}).usage.completion == engine.ask("hi").usage.completion == 6
    assert as_options(None, usual) is usual


@pytest.mark.parametrize(
    ("given", "kind", "said"),
    [
        ({"max_token": 3}, ConfigError, "unknown key 'max_token'. Did you mean 'max_tokens'"),
        ({"max_tokens": 0}, ConfigError, "'max_tokens'"),
        ({"temperature": "hot"}, ConfigError, "'temperature'"),
        (3, InputTypeError, r"int is no options. Give GenerationOptions, or a dict"),
        ("What is it?", InputTypeError, r"str is no options.*ask\(\[picture, "),
        ([("max_tokens", 3)], InputTypeError, "list is no options"),
    ],
)
def test_other_options_are_refused_by_name(engine, given, kind, said):
    with pytest.raises(kind, match=said):
        engine.ask("hi", given)


def test_overrides_are_one_text_or_several():
    expected = ("llm.dtype=float32",)
    assert as_overrides("llm.dtype=float32") == as_overrides(["llm.dtype=float32"]) == expected
    assert as_overrides(iter(expected)) == expected
    assert as_overrides(()) == ()


@pytest.mark.parametrize("given", [{"llm.dtype": "float32"}, 3, None, [3], [("llm.dtype", "x")]])
def test_other_overrides_are_refused(given):
    with pytest.raises(InputTypeError, match=r"is no override\. Give texts KEY=VALUE"):
        sensorium.load("pocket", given)


@pytest.mark.parametrize("given", ["pocket", Path("pocket")])
def test_an_engine_is_loaded_not_made(given):
    with pytest.raises(InputTypeError, match=r"sensorium\.load\('pocket'\)"):
        ChatEngine(given)


@pytest.mark.parametrize("given", [3, None, RED])
def test_a_model_is_named(given):
    with pytest.raises(InputTypeError, match=f"{type(given).__name__} is no model"):
        sensorium.load(given)


@pytest.mark.parametrize("read", [sensorium.read_image, sensorium.read_audio])
def test_readers_say_what_they_read(read, file):
    for given in (None, 3, [RED], object()):
        with pytest.raises(InputTypeError, match=f"read from {type(given).__name__}. Give a path"):
            read(given)
    for given in (io.StringIO("text"), file.open("r", encoding="utf-8")):
        with given, pytest.raises(InputTypeError, match=r"as text\. Open it with mode .rb"):
            read(given)
    with pytest.raises(MediaError, match="Addresses are not fetched: download the file"):
        read("https://example.com/a.png")


@pytest.mark.parametrize("role", ["wizard", ["user"], None, 3])
def test_a_role_that_is_none_is_named_at_once(role):
    with pytest.raises(InputTypeError, match=r"is no role\. Give one of system, user, assistant"):
        as_messages({"role": role, "content": "x"})
