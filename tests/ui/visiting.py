"""Pages served for a test, and what a browser would say to them."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sensorium.engine import ChatEngine
from sensorium.ui.conversation import under_way


class Server:
    """Serves pages: `serve(engine, …)` is the address of one."""

    def __init__(self) -> None:
        self._pages: list[Any] = []

    def __call__(self, engine: ChatEngine, port: int | None = None, **more: Any) -> str:
        from sensorium.ui.page import build_page
        from sensorium.ui.serving import launch

        self._pages.append(build_page(engine, **more))
        return launch(self._pages[-1], host="127.0.0.1", port=port or free_port())

    def close(self) -> None:
        """All pages."""
        while self._pages:
            self._pages.pop().close(verbose=False)


@contextmanager
def serving(uploads: Path) -> Iterator[Server]:
    """A server with its own folder for uploads; fails where it looked for another host."""
    looked_up: list[str] = []
    look_up = socket.getaddrinfo
    # Gradio makes an event loop for every lock (utils.safe_get_lock) and leaves it open.
    loops: list[asyncio.AbstractEventLoop] = []
    make_loop = asyncio.new_event_loop

    def watched(host: Any, *rest: Any, **more: Any) -> Any:
        looked_up.append(str(host))
        return look_up(host, *rest, **more)

    def remembered() -> asyncio.AbstractEventLoop:
        loops.append(make_loop())
        return loops[-1]

    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("GRADIO_TEMP_DIR", str(uploads))
        patched.setattr(socket, "getaddrinfo", watched)
        patched.setattr(asyncio, "new_event_loop", remembered)
        server = Server()
        yield server
        server.close()
    for loop in loops:
        if not loop.is_running():
            loop.close()
    assert set(looked_up) <= {"127.0.0.1", "localhost"}, "the server looked for someone else"


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


class Visitor:
    """What a browser would say to the page at `address`."""

    def __init__(self, address: str, session: str = "visitor") -> None:
        self.http = httpx.Client(base_url=address, timeout=20, trust_env=False)
        self.session = session
        self.config = self.http.get("/config").json()

    def component(self, name: str) -> dict[str, Any]:
        return next(c for c in self.config["components"] if c["props"].get("elem_id") == name)

    def event(self, trigger: str) -> int:
        """The number of the event that a trigger of the chat or the question starts."""
        return next(
            d["id"] for d in self.config["dependencies"] if trigger in {t[1] for t in d["targets"]}
        )

    def answering(self) -> int:
        """The number of the event that answers, once the page has put the question there."""
        submit = self.event("submit")
        return next(d["id"] for d in self.config["dependencies"] if d["trigger_after"] == submit)

    def upload(self, path: Path) -> dict[str, Any]:
        with path.open("rb") as file:
            sent = self.http.post("/gradio_api/upload", files={"files": (path.name, file)})
        sent.raise_for_status()
        return {"path": sent.json()[0], "meta": {"_type": "gradio.FileData"}}

    def join(self, event: int, data: list[Any], event_data: Any = None) -> httpx.Response:
        body = {
            "fn_index": event,
            "data": data,
            "event_data": event_data,
            "session_hash": self.session,
        }
        return self.http.post("/gradio_api/queue/join", json=body)

    @contextmanager
    def listening(self) -> Iterator[Iterator[dict[str, Any]]]:
        """Server-sent events of this session."""
        address = f"/gradio_api/queue/data?session_hash={self.session}"
        with self.http.stream("GET", address) as stream:
            yield (
                json.loads(line.removeprefix("data: "))
                for line in stream.iter_lines()
                if line.startswith("data: ")
            )

    def run(self, event: int, data: list[Any], event_data: Any = None) -> dict[str, Any]:
        """Start an event and wait for its last message."""
        self.join(event, data, event_data).raise_for_status()
        with self.listening() as events:
            last = [e for e in events if e["msg"] == "process_completed"]
        return last[-1]

    def ask(
        self, history: list[dict[str, Any]], settings: Sequence[Any] = (0, 1, 100, "Be brief.")
    ) -> list[Any]:
        """The page's history after an answer, parts as (role, text or kind, mark)."""
        done = self.run(self.answering(), [due(*history), *settings])
        assert done["success"], done
        return rows(done["output"]["data"][0])


def due(*history: dict[str, Any], mark: str = "1") -> list[dict[str, Any]]:
    """The history as the page sends it for an answer."""
    return [*history, {**under_way(mark), "options": None}]


def rows(history: list[dict[str, Any]]) -> list[Any]:
    """Parts of a page's history as (role, text or kind, mark)."""
    return [
        (shown["role"], part.get("text", part["type"]), (shown["metadata"] or {}).get("id"))
        for shown in history
        for part in shown["content"]
    ]
