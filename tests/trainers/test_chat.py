"""Chat JSONL: what becomes of each form of content, and what is said where a line is wrong."""

from __future__ import annotations

import base64
import io
import json
import wave

import pytest
from PIL import Image
from sensorium import Message, read_audio, read_image
from sensorium.errors import ConfigError, MediaError, SampleError
from sensorium_trainers.formats.chat import ChatOptions, open_chat

ANSWER = {"role": "assistant", "content": "Yes."}


def wav() -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(range(256)) * 20)
    return buffer.getvalue()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "media" / "deep").mkdir(parents=True)
    Image.new("RGB", (30, 20), "red").save(tmp_path / "media" / "deep" / "red.png")
    Image.new("RGB", (30, 20), "blue").save(tmp_path / "blue.png")
    (tmp_path / "media" / "a.wav").write_bytes(wav())
    cut = (tmp_path / "blue.png").read_bytes()[:60]
    (tmp_path / "media" / "broken.png").write_bytes(cut)
    return tmp_path


@pytest.fixture
def read(folder):
    """`read(content)`: the messages of a file whose one user says this."""

    def one(content, *more):
        record = {"messages": [{"role": "user", "content": content}, *(more or (ANSWER,))]}
        (folder / "chat.jsonl").write_text(json.dumps(record) + "\n")
        options = ChatOptions(path=folder / "chat.jsonl", media=folder / "media")
        return open_chat(options)[0].conversations[0]

    return one


def test_plain_text_and_several_turns(read):
    turns = (
        ANSWER,
        {"role": "user", "content": "And two?"},
        {"role": "assistant", "content": "No"},
    )
    assert read("One?", *turns) == (
        Message.user("One?"),
        Message.assistant("Yes."),
        Message.user("And two?"),
        Message.assistant("No"),
    )


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {"url": "deep/red.png"}},
        {"type": "image_url", "image_url": "./deep/red.png"},
        {"type": "image", "image": "deep/red.png"},
        {"type": "image", "path": "deep/red.png", "text": None},
    ],
)
def test_a_picture_stands_where_its_part_stands(read, folder, part):
    red = read_image(folder / "media" / "deep" / "red.png")
    said = [{"type": "text", "text": "Look:"}, part, {"type": "text", "text": "red?"}]
    assert read(said)[0] == Message.user("Look:", red, "red?")


@pytest.mark.parametrize(
    "part",
    [
        {"type": "input_audio", "input_audio": {"path": "a.wav"}},
        {"type": "input_audio", "input_audio": {"data": base64.b64encode(wav()).decode()}},
        *(
            {
                "type": "input_audio",
                "input_audio": {"data": f"{url},{base64.b64encode(wav()).decode()}"},
            }
            for url in ("data:audio/wav;base64", " DATA:;base64", "data:audio/wav;codecs=1;base64")
        ),
        {"type": "audio", "audio": "a.wav"},
        {"type": "audio_url", "audio_url": {"url": "a.wav"}},
    ],
)
def test_a_recording(read, part):
    assert read([part])[0] == Message.user(read_audio(wav()))


def test_the_bytes_of_a_picture_in_the_record(read, folder):
    path = folder / "media" / "deep" / "red.png"
    url = f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}"
    part = {"type": "image_url", "image_url": {"url": url}}
    assert read([part])[0] == Message.user(read_image(path))


def image(name):
    return [{"type": "image", "image": name}]


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        (image("https://example.org/a.png"), SampleError, "nothing is fetched while training"),
        (image("file:///etc/passwd"), SampleError, "is an address"),
        (image("../blue.png"), SampleError, "'../blue.png' is not inside the folder of media"),
        (image("deep/../../blue.png"), SampleError, "not inside"),
        (image("/etc/passwd"), SampleError, "not inside"),
        (image("..\\blue.png"), SampleError, "not inside"),
        (image("C:\\blue.png"), SampleError, "not inside"),
        (image("a\0.png"), SampleError, "not inside"),
        (image("none.png"), MediaError, "none.png: No such file"),
        (image(None), SampleError, "of the type 'image', but names no file"),
        (image("data:image/png;base64,§§"), SampleError, "not valid base64"),
        ([{"type": "video", "video": "a.mp4"}], SampleError, "'video'; known are text, image_url"),
        ([{"type": ["text"]}], SampleError, r"the type \['text'\]"),
        ([{"type": "text"}], SampleError, "'text' has no text"),
        (["Hi"], SampleError, "the type None"),
        (None, SampleError, "neither text nor a list of parts"),
    ],
)
def test_errors_name_the_line(read, content, error, said):
    with pytest.raises(error, match=rf"{said}.*chat\.jsonl, line 1"):
        read(content)


def test_a_picture_is_decoded_when_it_is_looked_at(read):
    (broken,) = read(image("broken.png"))[0].media
    assert broken.key.startswith("file ")
    with pytest.raises(MediaError, match=r"damaged or incomplete \(.*media/broken\.png\)"):
        broken.value  # noqa: B018 - to look at it is the point


@pytest.mark.parametrize(
    ("turn", "said"),
    [
        ({"role": "tool", "content": "4"}, "the role 'tool'; known are system, user, assistant"),
        ({"role": "assistant", "content": image("deep/red.png")}, "of the assistant holds media"),
        ({"role": "assistant", "content": ""}, "nothing to learn"),
        ("Hi", "the role None"),
    ],
)
def test_turns_that_cannot_be_used(read, turn, said):
    with pytest.raises(SampleError, match=said):
        read("Hi", turn)


def test_an_answer_that_was_cut_off_is_no_lesson_in_stopping(tmp_path):
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Well, I"}]
    path = tmp_path / "chat.jsonl"
    path.write_text(
        "".join(json.dumps({"messages": turns, "ended": ended}) + "\n" for ended in (False, True))
    )
    source = open_chat(ChatOptions(path=path))
    with pytest.raises(SampleError, match=r"cut off.*line 1"):
        source[0]
    assert source[1].conversations[0][1].text == "Well, I"


def test_lines_are_found_by_where_they_begin(tmp_path):
    """Blank lines, other line ends, a byte-order mark, separators inside a text."""
    path = tmp_path / "a.jsonl"
    said = ["One?", "Zwei\u2028oder\x85drei?", "Vier?"]
    lines = [
        json.dumps({"talk": [{"role": "user", "content": text}, ANSWER]}, ensure_ascii=False)
        for text in said
    ]
    path.write_bytes(("\ufeff" + "\r\n \n\n".join(lines)).encode() + b"\n{broken\n[]\n\xff\n")
    source = open_chat(ChatOptions(path=path, key="talk"))
    assert len(source) == 6
    for index in (2, 0, 1):
        assert source[index].conversations[0][0] == Message.user(said[index])
    with pytest.raises(SampleError, match=r"not JSON: .*a\.jsonl, line 8"):
        source[3]
    with pytest.raises(SampleError, match=r"no object with the key 'talk' .*line 9"):
        source[4]
    with pytest.raises(SampleError, match="line 10"):
        source[5]


def test_nested_too_deeply(tmp_path):
    (tmp_path / "deep.jsonl").write_text("[" * 100_000)
    with pytest.raises(SampleError, match="not JSON"):
        open_chat(ChatOptions(path=tmp_path / "deep.jsonl"))[0]


def test_no_such_file(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        open_chat(ChatOptions(path=tmp_path / "none.jsonl"))


def test_the_index_holds_places_only(tmp_path):
    """16 bytes for a line, however long it is."""
    import tracemalloc

    path = tmp_path / "long.jsonl"
    path.write_bytes((b'"' + b"x" * 100_000 + b'"\n') * 200)
    tracemalloc.start()
    source = open_chat(ChatOptions(path=path))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(source) == 200
    assert held < 1_000_000  # of 20 million in the file


def test_it_trains(make_run, folder, tmp_path, log):
    records = [
        {"messages": [{"role": "user", "content": [*image("deep/red.png"), *text]}, ANSWER]}
        for text in ([{"type": "text", "text": "What is it?"}], [])
    ]
    (folder / "chat.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    data = [{"format": "chat", "path": str(folder / "chat.jsonl"), "media": str(folder / "media")}]
    make_run("instruct", data=data, steps=2).train(lambda line: None)
    assert [entry["step"] for entry in log()] == [1, 2]
