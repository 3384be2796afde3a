"""Faults of a server: what is tried again, when, and what stops at once."""

from __future__ import annotations

import asyncio
import socket
import time
from email.utils import formatdate

import httpx
import pytest
from sensorium_trainers.generate.client import Client, retry_after
from sensorium_trainers.generate.errors import GenerationError, UnansweredError
from sensorium_trainers.generate.recipe import read_key
from sensorium_trainers.generate.wire import Answer, body_of

from .conftest import happy

SECRET = "sk-very-secret-1"


@pytest.fixture
def ask(recipe):
    """`ask(["One?", "Two?"], api)`: all at once; the answers, and why attempts failed."""

    def run(prompts, *args, **endpoint):
        made = recipe(*args, endpoint=endpoint)
        bodies = [body_of(made, [{"role": "user", "content": p}], 7) for p in prompts]
        reasons = []

        async def together():
            async with Client(made.endpoint, read_key(made.endpoint), reasons.append) as client:
                return await asyncio.gather(*(client.ask(body) for body in bodies))

        return asyncio.run(together()), reasons

    return run


HELLO = Answer("Answer 7 to: Hello?", "stop")


def at_first(fault, times=1):
    """The fault, then answers."""
    return lambda exchange: (fault if exchange.number <= times else happy)(exchange)


def test_happy(ask, server, api):
    assert ask(["Hello?"], api) == ([HELLO], [])
    assert "Authorization" not in server.headers[0]


def test_500s_then_an_answer(ask, server, api):
    server.act = at_first(lambda exchange: exchange.status(500, "out of memory"), 2)
    assert ask(["Hello?"], api) == ([HELLO], ["HTTP 500: out of memory"] * 2)


def test_waits_double(ask, server):
    server.act = at_first(lambda exchange: exchange.status(503), 4)
    ask(["Hello?"], backoff_seconds=0.04)
    first, *_, last = [b - a for a, b in zip(server.times, server.times[1:], strict=False)]
    assert first >= 0.02
    assert last >= 0.16


def test_retry_after_holds_back_every_request(recipe, server):
    server.act = at_first(lambda exchange: exchange.status(429, "slow down", Retry_After="1"))
    made = recipe()
    body = body_of(made, [{"role": "user", "content": "Hello?"}], 7)
    reasons = []

    async def together():
        async with Client(made.endpoint, None, reasons.append) as client:
            first = asyncio.create_task(client.ask(body))
            while not reasons:
                await asyncio.sleep(0.01)
            return await asyncio.gather(first, client.ask(body))

    assert asyncio.run(together()) == [HELLO, HELLO]
    assert reasons == ["HTTP 429: slow down"]
    assert server.times[1] - server.times[0] >= 1.0
    assert len(server.times) == 3


def test_a_long_retry_after_is_not_waited_for(ask, server):
    server.act = lambda exchange: exchange.status(429, "quota", Retry_After="3600")
    with pytest.raises(GenerationError, match=r"asks to wait 3,600 s \(HTTP 429: quota\)"):
        ask(["Hello?"])
    assert len(server.requests) == 1


def test_retry_after_in_every_form():
    now = 1_790_000_000.0
    assert retry_after(None, now) is None
    assert retry_after("2", now) == 2
    assert retry_after("0.5", now) == 0.5
    assert retry_after(formatdate(now + 9, usegmt=True), now) == 9
    assert retry_after(formatdate(now - 9, usegmt=True), now) == 0
    for nonsense in ("soon", "nan", "inf", "-1", ""):
        assert retry_after(nonsense, now) in (None, 0)


def test_a_stall_runs_into_the_timeout_and_is_tried_again(ask, server, api):
    server.act = at_first(server.stall)
    answers, reasons = ask(["Hello?"], api, timeout_seconds=0.4, retries=20)
    # On a busy machine the server may be too slow once more.
    assert (answers, set(reasons)) == ([HELLO], {"silent for 0.4 s"})


def test_an_answer_that_trickles_forever_ends(ask, server, api):
    server.act = at_first(
        lambda exchange: exchange.stream(exchange.lines("x" * 7000), pause=0.01), 1
    )
    answers, reasons = ask(["Hello?"], api, answer_timeout_seconds=0.5, retries=20)
    assert (answers, set(reasons)) == ([HELLO], {"not complete after 0.5 s"})


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (lambda e: e.stream(e.lines()[:3], whole=False), "RemoteProtocolError"),
        (lambda e: e.stream(e.lines()[:3]), "cut off"),
        (lambda e: e.stream_until_closed(e.lines()[:3]), "cut off"),
        (lambda e: e.stream(e.lines(reason=None)), "cut off"),
    ],
    ids=["connection breaks", "ends early", "closed early", "no reason"],
)
def test_a_truncated_stream_is_tried_again(ask, server, api, fault, said):
    server.act = at_first(fault)
    answers, (reason,) = ask(["Hello?"], api)
    assert answers == [HELLO]
    assert said in reason


def test_an_old_connection_style_is_fine_when_whole(ask, server, api):
    server.act = lambda exchange: exchange.stream_until_closed(exchange.lines())
    assert ask(["Hello?"], api) == ([HELLO], [])


def test_an_error_in_the_stream_is_tried_again(ask, server):
    error = b'data: {"error": {"message": "engine died"}}\n\n'
    server.act = at_first(lambda exchange: exchange.stream([*exchange.lines()[:2], error]))
    assert ask(["Hello?"]) == ([HELLO], ["the server reports: engine died"])


def test_retries_end(ask, server):
    server.act = lambda exchange: exchange.status(502)
    with pytest.raises(UnansweredError, match=r"No answer in 3 attempts, the last: HTTP 502 \(htt"):
        ask(["Hello?"], retries=2)
    assert len(server.requests) == 3


LONG = {"retries": 6, "backoff_seconds": 60}
"""Whoever tries again with these waits for minutes."""


@pytest.mark.parametrize(
    ("api_name", "url", "said"),
    [
        ("ollama", "http://127.0.0.1:9", r"refused \(http://127\.0\.0\.1:9.*Is `ollama serve` run"),
        ("ollama", "http://localhost:9", r"Nobody listens there.*Is `ollama serve` running\? Else"),
        ("openai", "http://[::1]:9/v1", r"refused .*Is the server running\?.*endpoint\.base_url"),
        ("openai", "https://0.0.0.0:9/v1", r"refused .*Is the server running\?"),
        ("openai", "http://nope.invalid/v1", r"The name nope\.invalid does not resolve .*base_url"),
        ("ollama", "http://nope.invalid:11434", r"The name nope\.invalid does not resolve"),
    ],
)
def test_nobody_listens(ask, monkeypatch, api_name, url, said):
    monkeypatch.setenv("NO_PROXY", "*")
    began = time.monotonic()
    with pytest.raises(GenerationError, match=said) as caught:
        ask(["Hello?", "And?"], api_name, base_url=url, **LONG)
    assert not isinstance(caught.value, UnansweredError)  # which would go on with the next sample
    assert time.monotonic() - began < 20


def resolver(monkeypatch, code):
    """Every name fails with this error."""

    def fail(*_, **__):
        raise socket.gaierror(code, "the resolver's words")

    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(socket, "getaddrinfo", fail)


@pytest.mark.parametrize("code", [socket.EAI_AGAIN, socket.EAI_FAIL, socket.EAI_MEMORY])
def test_a_resolver_that_fails_for_now_is_asked_again(ask, monkeypatch, code):
    resolver(monkeypatch, code)
    with pytest.raises(UnansweredError, match=r"No answer in 3 attempts.*the resolver's words"):
        ask(["Hello?"], base_url="http://model.example:9/v1", retries=2)


@pytest.mark.parametrize("code", [socket.EAI_NONAME, socket.EAI_NODATA])
def test_a_name_that_nobody_has_is_final(ask, monkeypatch, code):
    resolver(monkeypatch, code)
    with pytest.raises(GenerationError, match=r"model\.example does not resolve"):
        ask(["Hello?"], base_url="http://model.example:9/v1", **LONG)


def test_another_machine_that_refuses_is_tried_again(ask, monkeypatch):
    async def refuse(self, *_, **__):
        raise httpx.ConnectError("refused") from ConnectionRefusedError(111, "refused")

    monkeypatch.setattr(httpx.AsyncClient, "send", refuse)
    with pytest.raises(UnansweredError, match=r"No answer in 3 attempts.*ConnectError: refused"):
        ask(["Hello?"], base_url="http://192.0.2.1:9/v1", retries=2)


def test_a_server_that_goes_away_in_the_middle_is_tried_again(recipe, server):
    """It may be restarting: it was there."""
    made = recipe(endpoint={"retries": 2})
    body = body_of(made, [{"role": "user", "content": "Hello?"}], 7)
    reasons = []

    async def twice():
        async with Client(made.endpoint, None, reasons.append) as client:
            assert await client.ask(body) == HELLO
            server.close()
            await client.ask(body)

    with pytest.raises(UnansweredError, match="No answer in 3 attempts, the last: ConnectError"):
        asyncio.run(twice())
    assert len(reasons) == 2


@pytest.mark.parametrize(
    ("api_name", "code", "message", "said"),
    [
        ("openai", 401, f"Incorrect key: {SECRET}", r"HTTP 401: Incorrect key: \*\*\*.*key in KEY"),
        ("openai", 404, "The model `tiny` does not exist", r"HTTP 404: The model.*endpoint\.model"),
        ("ollama", 404, "model 'tiny' not found", r"run: ollama pull tiny"),
        ("openai", 400, "max_tokens is too large", r"HTTP 400: max_tokens is too large.*sampling"),
        ("openai", 308, "", r"HTTP 308 .*endpoint\.base_url"),
    ],
)
def test_what_no_retry_helps_stops_at_once(ask, server, monkeypatch, api_name, code, message, said):
    monkeypatch.setenv("KEY", SECRET)
    server.act = lambda exchange: exchange.status(code, message)
    with pytest.raises(GenerationError, match=said) as caught:
        ask(["Hello?"], api_name, api_key_variable="KEY")
    assert not isinstance(caught.value, UnansweredError)
    assert server.url in str(caught.value)
    assert SECRET not in str(caught.value)
    assert server.headers[0]["Authorization"] == f"Bearer {SECRET}"
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "content",
    [
        {"error": {"message": "too\nlong"}},
        {"error": "too long"},
        {"object": "error", "message": "too long"},
        {"detail": "too long"},
    ],
)
def test_messages_of_errors_in_every_form(ask, server, content):
    server.act = lambda exchange: exchange.json(400, content)
    with pytest.raises(GenerationError, match=r"HTTP 400: too long \("):
        ask(["Hello?"])


def test_a_page_of_a_proxy_is_not_shown(ask, server):
    def page(exchange):
        content = b"<html>" + b"x" * 100_000
        exchange.handler.send_response(403)
        exchange.handler.send_header("Content-Length", str(len(content)))
        exchange.handler.end_headers()
        exchange.handler.wfile.write(content)

    server.act = page
    with pytest.raises(GenerationError, match=r"refuses: HTTP 403 \(.*Set endpoint\.api_key_var"):
        ask(["Hello?"])


def test_a_stall_does_not_outlast_its_limit(ask, server):
    server.act = server.stall
    began = time.monotonic()
    with pytest.raises(UnansweredError, match=r"silent for 0\.1 s"):
        ask(["Hello?"], timeout_seconds=0.1, retries=1)
    assert time.monotonic() - began < 10  # the server would stay silent for 20
