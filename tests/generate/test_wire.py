"""A stream is a whole answer or none: cut anywhere, nothing of it is kept."""

from __future__ import annotations

import pytest
from sensorium_trainers.generate import wire
from sensorium_trainers.generate.wire import APIS, Answer, BrokenStreamError, Stream, body_of

from .conftest import ollama_lines, openai_lines

LINES = {"openai": openai_lines, "ollama": ollama_lines}


def read(api: str, content: bytes, size: int = 1 << 20) -> Answer:
    stream = Stream(APIS[api])
    for start in range(0, len(content), size):
        if stream.feed(content[start : start + size]):
            break
    return stream.answer()


@pytest.mark.parametrize("size", [1, 3, 1 << 20])
def test_a_whole_answer_in_pieces_of_any_size(api, size):
    lines = LINES[api](["A caf", "é, ", "🦊.\n", " Two"])
    assert read(api, b"".join(lines), size) == Answer("A café, 🦊.\n Two", "stop")


def test_cut_at_every_byte(api):
    content = b"".join(LINES[api](["One", " two", " three."]))
    end = content.index(b'"stop"')
    for length in range(len(content)):
        try:
            answer = read(api, content[:length])
        except BrokenStreamError:
            continue
        assert answer == Answer("One two three.", "stop")
        assert length > end, "a text was kept whose end had not come"


def test_the_reason_is_kept(api):
    assert read(api, b"".join(LINES[api](["On and on"], "length"))).reason == "length"


def test_an_end_without_a_reason_is_no_answer(api):
    with pytest.raises(BrokenStreamError, match="cut off"):
        read(api, b"".join(LINES[api](["One"], None)))


def test_separators_inside_a_text_split_no_line(api):
    text = "a\u2028b\u0085c\u000bd"
    assert read(api, b"".join(LINES[api]([text]))).text == text


def test_halves_of_characters(api):
    halves = b"".join(LINES[api](["XX", "YY", "ZZ"]))
    halves = halves.replace(b"XX", rb"\ud83e").replace(b"YY", rb"\udd8a").replace(b"ZZ", rb"\udd8a")
    assert read(api, halves).text == "🦊\N{REPLACEMENT CHARACTER}"


def test_carriage_returns_and_comments():
    content = b": waiting\r\n\r\n" + b"".join(openai_lines(["Hi"])).replace(b"\n", b"\r\n")
    assert read("openai", b"event: message\r\n" + content) == Answer("Hi", "stop")


@pytest.mark.parametrize(
    ("api_name", "line", "why"),
    [
        (
            "openai",
            b'data: {"error": {"message": "out of\\nmemory"}}\n',
            r"reports: out of\nmemory",
        ),
        ("ollama", b'{"error": "model runner has stopped"}\n', "reports: model runner"),
        ("openai", b'data: {"object": "x"}\n', "without choices"),
        ("openai", b'data: {"choices": [7]}\n', "without a delta"),
        ("openai", b'data: {"choices": [{"delta": {"content": 7}}]}\n', "no string"),
        ("openai", b"data: <html>\n", "not JSON"),
        ("ollama", b"<html>\n", "not JSON"),
        ("ollama", b"[" * 100_000 + b"\n", "not JSON"),
        ("ollama", b"7\n", "no JSON object"),
    ],
)
def test_what_is_not_the_protocol(api_name, line, why):
    with pytest.raises(BrokenStreamError, match=why):
        read(api_name, LINES[api_name](["One"])[0] + line)


def test_a_stream_without_end_does_not_fill_the_memory(api, monkeypatch):
    monkeypatch.setattr(wire, "LONGEST_BYTES", 1000)
    with pytest.raises(BrokenStreamError, match="1,000 bytes"):
        read(api, b"x" * 1001, 100)


def test_requests(recipe):
    sampling = {"temperature": 0.5, "max_tokens": 9, "extra": {"options": {"num_ctx": 8}, "a": [1]}}
    messages = [{"role": "user", "content": "Hi"}]
    fixed = {"model": "tiny", "messages": messages, "stream": True, "a": [1]}
    assert body_of(recipe("ollama", sampling=sampling), messages, 7) == {
        **fixed,
        "options": {"temperature": 0.5, "num_predict": 9, "seed": 7, "num_ctx": 8},
    }
    sampling |= {"extra": {"a": [1]}, "top_p": 0.9}
    values = {"temperature": 0.5, "max_tokens": 9, "top_p": 0.9}
    assert body_of(recipe(sampling=sampling), messages, 7) == {**fixed, **values, "seed": 7}
    sampling |= {"send_seed": False}
    assert body_of(recipe(sampling=sampling), messages, 7) == {**fixed, **values}
