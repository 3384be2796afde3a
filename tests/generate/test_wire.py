"""A stream is a whole answer or none: cut anywhere, nothing of it is kept."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
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
        ("openai", b'data: {"choices": 7}\n', "no list"),
        ("openai", b'data: {"choices": [7]}\n', "a choice that is no object"),
        ("openai", b'data: {"choices": [{"delta": "a"}]}\n', "a delta that is no object"),
        ("ollama", b'{"message": "a"}\n', "a message that is no object"),
        ("openai", b'data: {"choices": [{"delta": {"content": 7}}]}\n', "no string"),
        ("openai", b'data: {"choices": [{"delta": {"content": 0}}]}\n', "no string"),
        ("openai", b'data: {"choices": [{"delta": {"content": ["a"]}}]}\n', "no string"),
        ("openai", b'data: {"choices": [{"delta": {"con\n', "not JSON"),
        ("openai", b'data: tent": " two"}}]}\n', "not JSON"),
        ("openai", b'data: [{"choices": []}]\n', "no JSON object"),
        ("openai", b"data: <html>\n", "not JSON"),
        ("ollama", b"<html>\n", "not JSON"),
        ("ollama", b'{"a": ' + b"[" * 100_000 + b"\n", "not JSON"),
        ("ollama", b'["{}"]\n', "no JSON object"),
    ],
)
def test_what_is_not_the_protocol(api_name, line, why):
    with pytest.raises(BrokenStreamError, match=why):
        read(api_name, LINES[api_name](["One"])[0] + line)


PINGS = ["null", "[]", '"ping"', "ping", "[PING]", "7", "false", '""', "keep-alive"]
EMPTY = ["null", '""', "[]", "{}", "false"]

SILENT = {
    "openai": [
        *PINGS,
        *(f'{{"choices": {empty}}}' for empty in EMPTY),
        *(f'{{"choices": [{empty}]}}' for empty in EMPTY),
        *(f'{{"choices": [{{"delta": {empty}, "message": {empty}}}]}}' for empty in EMPTY),
        *(f'{{"choices": [{{"delta": {{"content": {empty}}}}}]}}' for empty in EMPTY),
        *(f'{{"choices": [{{"message": {{"content": {empty}}}}}]}}' for empty in EMPTY),
        '{"object": "ping"}',
        '{"type": "ping", "cost": "0"}',
        '{"choices": [], "usage": {"total_tokens": 3}}',
        '{"choices": [], "prompt_filter_results": [{}]}',
        '{"choices": [{"index": 0, "finish_reason": null}]}',
        '{"choices": [{"delta": {"role": "assistant"}, "finish_reason": ""}]}',
        '{"choices": [{"delta": {"content": null, "reasoning_content": "so"}}]}',
        "",
    ],
    "ollama": [
        "{}",
        *PINGS,
        *(f'{{"message": {empty}, "done": false}}' for empty in EMPTY),
        *(f'{{"message": {{"content": {empty}}}}}' for empty in EMPTY),
        '{"status": "loading"}',
        '{"message": {"role": "assistant"}}',
        '{"message": {"content": null, "thinking": "so"}, "done": false}',
    ],
}
"""Events of gateways that carry no text."""

ENDS = {
    "openai": [
        '{"choices": [{"finish_reason": "stop", "index": 0}]}',
        '{"choices": [{"message": {"content": "Hi cat."}, "finish_reason": "stop"}]}',
        *(f'{{"choices": [{{"delta": {e}, "finish_reason": "stop"}}]}}' for e in EMPTY),
        *(
            f'{{"choices": [{{"delta": {{"content": {e}}}, "finish_reason": "stop"}}]}}'
            for e in EMPTY
        ),
        '{"choices": [{"delta": {"content": null}, "finish_reason": "stop"}], "usage": null}',
    ],
    "ollama": [
        '{"done": true, "done_reason": "stop"}',
        *(f'{{"message": {e}, "done": true, "done_reason": "stop"}}' for e in EMPTY),
        *(f'{{"message": {{"content": {e}}}, "done": true, "done_reason": "stop"}}' for e in EMPTY),
    ],
}


def framed(api, event):
    return (f"data: {event}\n\n" if api == "openai" else f"{event}\n").encode()


def said_by(api):
    """The lines of an answer that say something, without its end."""
    lines = LINES[api](["Hi", " cat."], None)
    return [line for line in lines if b'"content"' in line and b'"done": true' not in line]


@given(data=st.data())
@settings(deadline=None, max_examples=60)
def test_events_without_text_are_passed_over(data):
    api = data.draw(st.sampled_from(sorted(SILENT)))
    lines = said_by(api)
    for event in data.draw(st.lists(st.sampled_from(SILENT[api]), max_size=4)):
        lines.insert(data.draw(st.integers(0, len(lines))), framed(api, event))
    lines.append(framed(api, data.draw(st.sampled_from(ENDS[api]))))
    if api == "openai":
        lines += [framed(api, event) for event in data.draw(st.lists(st.sampled_from(SILENT[api])))]
    assert read(api, b"".join(lines)) == Answer("Hi cat.", "stop")
    assert read(api, b"".join(lines) + b"data: [DONE]\n\n" * (api == "openai")).text == "Hi cat."


@pytest.mark.parametrize(
    "messages",
    [
        [("Hi cat.", "stop")],
        [("Hi", None), ("Hi cat.", None), ("Hi cat.", "stop")],
        [("Hi", None), ("Hi cat.", None), ("", "stop")],
    ],
)
def test_messages_that_hold_all_of_the_text(messages):
    events = [{"choices": [{"message": {"content": s}, "finish_reason": r}]} for s, r in messages]
    content = b"".join(framed("openai", json.dumps(event)) for event in events)
    assert read("openai", content) == Answer("Hi cat.", "stop")


@pytest.mark.parametrize("text", ["Hi", "Hi dog.", "cat."])
def test_a_message_that_contradicts_the_pieces(text):
    event = {"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}
    with pytest.raises(BrokenStreamError, match="not the one of its pieces"):
        read("openai", b"".join(said_by("openai")) + framed("openai", json.dumps(event)))


@pytest.mark.parametrize("number", range(max(map(len, SILENT.values()))))
def test_without_an_end_it_is_still_no_answer(api, number):
    """Whatever else the server sends: what is passed over is no reason."""
    silent = SILENT[api][number % len(SILENT[api])]
    lines = [*said_by(api), framed(api, silent)]
    ending = b"data: [DONE]\n\n" if api == "openai" else b'{"done": true}\n'
    for content in (b"".join(lines), b"".join(lines) + ending):
        with pytest.raises(BrokenStreamError, match="cut off"):
            read(api, content)


def test_a_mark_in_front_of_the_stream(api):
    assert read(api, b"\xef\xbb\xbf" + b"".join(LINES[api](["Hi"]))) == Answer("Hi", "stop")


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
