"""Files as Notepad and PowerShell write them, in every format: the mark is never learned."""

from __future__ import annotations

import codecs
import json

import pytest
from PIL import Image
from sensorium.errors import ConfigError, SampleError
from sensorium.specs import TextSample
from sensorium_trainers.formats.chat import ChatOptions, open_chat
from sensorium_trainers.formats.coco import CocoOptions, open_coco
from sensorium_trainers.formats.hub import HubOptions, open_hub
from sensorium_trainers.formats.llava import LlavaOptions, open_llava
from sensorium_trainers.formats.members import sample_of
from sensorium_trainers.formats.text import TextOptions, open_text
from sensorium_trainers.generate.prompts import Prompts
from sensorium_trainers.generate.recipe import CorpusRecipe

MARK = codecs.BOM_UTF8
TALK = {"messages": [{"role": "user", "content": "a?"}, {"role": "assistant", "content": "a cat"}]}
LLAVA = [{"conversations": [{"from": "human", "value": "a?"}, {"from": "gpt", "value": "a cat"}]}]
COCO = {
    "images": [{"id": 1, "file_name": "red.png"}],
    "annotations": [{"id": 1, "image_id": 1, "caption": "a cat"}],
}


def said(source):
    samples = [source[index] for index in range(len(source))]
    return [getattr(s, "text", None) or s.conversations[0][-1].text for s in samples]


def text(path):
    return open_text(TextOptions(path=path))


def chat(path):
    return open_chat(ChatOptions(path=path))


def llava(path):
    return open_llava(LlavaOptions(path=path))


def coco(path):
    return open_coco(CocoOptions(path=path, images=path.parent, validation_share=0))


def lines(*records):
    return "".join(json.dumps(record) + "\n" for record in records).encode()


KINDS = {
    "a.txt": (text, b"a cat\n\ntwo dogs\n"),
    "a.jsonl": (text, lines({"text": "a cat"}, {"text": "two dogs"})),
    "chat.jsonl": (chat, lines(TALK, TALK)),
    "llava.json": (llava, json.dumps(LLAVA).encode()),
    "coco.json": (coco, json.dumps(COCO).encode()),
}


@pytest.fixture
def kind(request, tmp_path):
    """`(open, content, path)` of a format."""
    Image.new("RGB", (8, 8), "red").save(tmp_path / "red.png")
    open_source, content = KINDS[request.param]
    return open_source, content, tmp_path / request.param


@pytest.mark.parametrize("kind", KINDS, indirect=True)
@pytest.mark.parametrize("ends", [b"\n", b"\r\n"])
def test_the_mark_is_no_part_of_the_data(kind, ends):
    open_source, content, path = kind
    path.write_bytes(content.replace(b"\n", ends))
    plain = said(open_source(path))
    assert plain[0] == "a cat"
    path.write_bytes(MARK + content.replace(b"\n", ends))
    assert said(open_source(path)) == plain


@pytest.mark.parametrize("kind", ["a.txt", "a.jsonl", "chat.jsonl"], indirect=True)
def test_files_joined_into_one(kind):
    open_source, content, path = kind
    path.write_bytes(content)
    plain = said(open_source(path))
    path.write_bytes((MARK + content) * 2 + MARK + b"\n")
    assert said(open_source(path)) == plain * 2


@pytest.mark.parametrize("kind", KINDS, indirect=True)
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_another_encoding_is_named_when_the_file_is_opened(kind, encoding):
    open_source, content, path = kind
    path.write_bytes(content.decode().encode(encoding))
    with pytest.raises(ConfigError, match=rf"Cannot read .*: it is {encoding[:6].upper()}, not"):
        open_source(path)


@pytest.mark.parametrize("open_source", [text, chat])
@pytest.mark.parametrize("first", ["你好 hello", "你好", "é"])
def test_another_encoding_without_a_mark(open_source, first, tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(f"{first}\n{first}\n".encode("utf-16-le"))
    with pytest.raises(ConfigError, match=r"Cannot read .*: it is UTF-16.*, not UTF-8"):
        open_source(path)


def test_files_in_tar_files():
    picture = {"png": _png()}
    for caption in (b"a cat", MARK + b"a cat"):
        sample = sample_of("k", {**picture, "txt": caption}, ["What?"])
        assert sample.conversations[0][1].text == "a cat"
        assert sample_of("k", {"txt": caption}, []).text == "a cat"
    for record in ({"text": "a cat"}, TALK):
        plain, marked = (sample_of("k", {"json": mark + lines(record)}, []) for mark in (b"", MARK))
        assert plain == marked
    with pytest.raises(SampleError, match=r"Its \.txt cannot be read: it is UTF-16, not UTF-8"):
        sample_of("k", {**picture, "txt": "a cat".encode("utf-16")}, ["What?"])


def _png():
    import io

    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    "record", [{"text": "\ufeffa cat"}, {"text": "\ufeffa cat", "ended": False}]
)
def test_a_mark_inside_of_json(record, tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(lines(record))
    ended = record.get("ended", True)
    assert (
        text(path)[0] == sample_of("k", {"json": lines(record)}, []) == TextSample("a cat", ended)
    )
    assert TextSample("\ufeff").text == ""
    assert TextSample("a \ufeffcat").text == "a \ufeffcat"


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize(
    ("reader", "content"),
    [("text", b"a cat\ntwo dogs\n"), ("json", lines({"text": "a cat"}, {"text": "two dogs"}))],
)
def test_readers_of_the_library_datasets(tmp_path, reader, content, streaming):
    pytest.importorskip("datasets")
    path = tmp_path / "rows"
    path.write_bytes(MARK + content)
    source = open_hub(
        HubOptions(
            dataset=reader,
            files=(str(path),),
            text="text",
            cache=tmp_path / "cache",
            streaming=streaming,
            rows=2,
        )
    )
    assert said(source) == ["a cat", "two dogs"]


def test_variables_of_a_generated_corpus(tmp_path):
    words = tmp_path / "words.txt"

    def drawn(content):
        words.write_bytes(content)
        recipe = CorpusRecipe(
            endpoint={"api": "openai", "base_url": "http://127.0.0.1:1/v1", "model": "m"},
            prompt="{word}",
            variables={"word": words},
            samples=1,
            output=tmp_path / "out.jsonl",
        )
        prompts = Prompts(recipe)
        return {prompts.messages(index)[0]["content"] for index in range(40)}

    assert drawn(MARK + b"cat\r\ndog\r\n") == {"cat", "dog"}
    assert drawn(MARK + b"cat\n" + MARK + b"dog\n") == {"cat", "dog"}
    with pytest.raises(ConfigError, match=r"words\.txt: it is UTF-16, not UTF-8"):
        drawn("cat\n".encode("utf-16"))
