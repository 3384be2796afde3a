"""A local HTTP server that speaks both protocols as they were recorded, and their faults."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

Act = Callable[["Exchange"], None]

OPENAI_CHUNK = {
    "id": "chatcmpl-b9a2",
    "object": "chat.completion.chunk",
    "created": 1719000000,
    "model": "tiny",
    "system_fingerprint": None,
}
OPENAI_USAGE = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}
OLLAMA_LINE = {"model": "tiny", "created_at": "2026-08-04T08:52:19.385406455-07:00"}
OLLAMA_TIMES = {
    "total_duration": 4883583458,
    "load_duration": 1334875,
    "prompt_eval_count": 26,
    "prompt_eval_duration": 342546000,
    "eval_count": 282,
    "eval_duration": 4535599000,
}


def openai_lines(pieces: list[str], reason: str | None = "stop") -> list[bytes]:
    """The events of one answer, [DONE] included."""

    def event(delta: dict[str, Any], why: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": why}
        content = json.dumps({**OPENAI_CHUNK, "choices": [choice]}, ensure_ascii=False)
        return f"data: {content}\n\n".encode()

    usage = json.dumps({**OPENAI_CHUNK, "choices": [], "usage": OPENAI_USAGE})
    end = [event({}, reason)] if reason else []
    said = [event({"content": piece}) for piece in pieces]
    first = event({"role": "assistant", "content": ""})
    return [first, *said, *end, f"data: {usage}\n\n".encode(), b"data: [DONE]\n\n"]


def ollama_lines(pieces: list[str], reason: str | None = "stop") -> list[bytes]:
    """The lines of one answer, the one with `done: true` included."""

    def line(content: str, **more: Any) -> bytes:
        message = {"role": "assistant", "content": content}
        made = {**OLLAMA_LINE, "message": message, **more}
        return json.dumps(made, ensure_ascii=False).encode() + b"\n"

    why = {"done_reason": reason} if reason else {}
    said = [line(piece, done=False) for piece in pieces]
    return [*said, line("", **why, done=True, **OLLAMA_TIMES)]


class Exchange:
    """One request, and what to answer it with."""

    def __init__(self, handler: BaseHTTPRequestHandler, body: dict[str, Any], number: int) -> None:
        self.handler = handler
        self.body = body
        self.number = number
        """From 1, over all requests that this server got."""

    @property
    def prompt(self) -> str:
        return str(self.body["messages"][-1]["content"])

    @property
    def text(self) -> str:
        """The default answer: it depends on the request alone."""
        seed = self.body.get("seed", self.body.get("options", {}).get("seed"))
        return f"Answer {seed} to: {self.prompt}"

    def lines(self, text: str | None = None, reason: str | None = "stop") -> list[bytes]:
        text = self.text if text is None else text
        pieces = [text[i : i + 7] for i in range(0, len(text), 7)]
        make = ollama_lines if self.handler.path == "/api/chat" else openai_lines
        return make(pieces, reason)

    def status(self, code: int, message: str = "", **headers: str) -> None:
        """An error in the protocol's form."""
        error = {"message": message, "type": "error", "code": code}
        openai = self.handler.path.endswith("/chat/completions")
        self.json(code, {"error": error if openai else message}, **headers)

    def json(self, code: int, content: Any, **headers: str) -> None:
        """Any JSON as a whole reply."""
        encoded = json.dumps(content).encode()
        self.handler.send_response(code)
        for name, value in headers.items():
            self.handler.send_header(name.replace("_", "-"), value)
        self.handler.send_header("Content-Length", str(len(encoded)))
        self.handler.end_headers()
        self.handler.wfile.write(encoded)

    def stream(self, lines: list[bytes], *, whole: bool = True, pause: float = 0.0) -> None:
        """A chunked reply; not `whole`: the connection breaks without the last chunk."""
        self.handler.send_response(200)
        self.handler.send_header("Content-Type", "text/event-stream")
        self.handler.send_header("Transfer-Encoding", "chunked")
        self.handler.end_headers()
        for line in lines:
            self.handler.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            time.sleep(pause)
        if whole:
            self.handler.wfile.write(b"0\r\n\r\n")
        else:
            self.handler.close_connection = True

    def stream_until_closed(self, lines: list[bytes]) -> None:
        """HTTP/1.0's way: the end of the connection is the end, whole or not."""
        self.handler.send_response(200)
        self.handler.send_header("Connection", "close")
        self.handler.end_headers()
        self.handler.wfile.write(b"".join(lines))
        self.handler.close_connection = True


def happy(exchange: Exchange) -> None:
    """The whole answer."""
    exchange.stream(exchange.lines())


class Http(ThreadingHTTPServer):
    """Quiet about clients that go away."""

    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        if not isinstance(sys.exception(), OSError):
            raise


class Server:
    """`act` decides what every request gets."""

    def __init__(self) -> None:
        self.act: Act = happy
        self.seconds = 0.0
        """How long each request takes at least."""
        self.together = threading.Barrier(1, timeout=20)
        """So many requests are answered together."""
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.times: list[float] = []
        self.under_way = self.most_at_once = 0
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._http = Http(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()

    def stall(self, exchange: Exchange) -> None:
        """Begin an answer, and say no more."""
        exchange.stream(exchange.lines()[:2], whole=False)
        self.closing.wait(20)

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers["Content-Length"])
        sent = handler.rfile.read(length)
        if len(sent) < length:  # killed while it asked
            return
        body = json.loads(sent)
        with self._lock:
            self.requests.append(body)
            self.headers.append(dict(handler.headers))
            self.times.append(time.monotonic())
            exchange = Exchange(handler, body, len(self.requests))
            self.under_way += 1
            self.most_at_once = max(self.most_at_once, self.under_way)
        try:
            time.sleep(self.seconds)
            self.together.wait()
            # The client takes the next the moment it has the whole answer.
            with self._lock:
                self.under_way -= 1
            self.act(exchange)
        except OSError:
            handler.close_connection = True

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                server.serve(self)

            def setup(self) -> None:
                super().setup()
                self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        return Handler


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    made = Server()
    yield made
    made.close()


@pytest.fixture(params=["openai", "ollama"])
def api(request: pytest.FixtureRequest) -> str:
    """Tests that take this run with both protocols."""
    return str(request.param)


@pytest.fixture
def tree(server: Server, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """`tree(samples=3)`: a recipe as YAML holds it; `endpoint` is merged."""

    def make(api: str = "openai", **changes: Any) -> dict[str, Any]:
        endpoint = {
            "api": api,
            "base_url": f"{server.url}/v1" if api == "openai" else server.url,
            "model": "tiny",
            "backoff_seconds": 0.01,
            "timeout_seconds": 30.0,
            **changes.pop("endpoint", {}),
        }
        return {
            "endpoint": endpoint,
            "prompt": "Tell of a {animal}.",
            "variables": {"animal": ["cat", "dog", "cow"]},
            "samples": 6,
            "output": str(tmp_path / "corpus.jsonl"),
            **changes,
        }

    return make


@pytest.fixture
def write(tree: Callable[..., dict[str, Any]], tmp_path: Path) -> Callable[..., Path]:
    """The same as a file."""

    def make(*args: Any, **changes: Any) -> Path:
        path = tmp_path / "recipe.yaml"
        path.write_text(yaml.safe_dump(tree(*args, **changes)), "utf-8")
        return path

    return make


@pytest.fixture
def recipe(write: Callable[..., Path]) -> Callable[..., Any]:
    """The same, loaded."""
    from sensorium_trainers.generate.recipe import load_corpus_recipe

    return lambda *args, **changes: load_corpus_recipe(write(*args, **changes))


def records(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSONL file."""
    return [json.loads(line) for line in path.read_text("utf-8").split("\n")[:-1]]
