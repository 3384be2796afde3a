"""An engine that says what it is told to, at a set pace, and pages served for a test."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import torch
from sensorium import (
    ChatEngine,
    ChatTemplate,
    EncoderSpec,
    FeatureShape,
    LanguageModelShape,
    LanguageModelSpec,
    Turn,
    hookimpl,
)
from sensorium.config import make_recipe
from sensorium.discovery import Plugins, empty_plugins
from sensorium.options import NoOptions
from sensorium.pipeline import plan
from sensorium.registry import Registry
from sensorium.testing import FakeEncoder, FakeLanguageModel, FakeSession
from torch import Tensor

END = "<|end|>"


class SpeakingSession(FakeSession):
    """Writes the model's text letter by letter, whatever it was asked."""

    def __init__(self, llm: SpeakingModel) -> None:
        super().__init__(llm)
        self._speaker = llm
        self._at = 0

    def append(self, embeddings: Tensor, *, last: int = 1) -> Tensor:
        logits = super().append(embeddings, last=last)
        opening = self._speaker.embed(torch.tensor([self._speaker.opening]))[0]
        # The prompt ends with the token that opens the answer.
        self._at = 0 if torch.equal(embeddings[-1], opening) else self._at + 1
        time.sleep(self._speaker.seconds)
        self._speaker.steps += 1
        said = [*self._speaker.text.encode(), self._speaker.tokenizer.control(END)]
        logits[-1] = -1000.0
        logits[-1, said[self._at]] = 1000.0  # sampling finds nothing else
        return logits


class SpeakingModel(FakeLanguageModel):
    """Says `text`, `seconds` apart per letter; counts its `steps`."""

    def __init__(self, text: str = "I see three cats.", seconds: float = 0.0) -> None:
        super().__init__(context_length=4096)
        self.text = text
        self.seconds = seconds
        self.steps = 0
        self.opening = self.tokenizer.control("<|assistant|>")

    def open_session(self) -> SpeakingSession:
        return SpeakingSession(self)


class FakePlugin:
    """Everything a model with eyes needs."""

    def __init__(self, llm: FakeLanguageModel) -> None:
        self.llm = llm

    @hookimpl
    def register_language_models(self) -> Iterable[LanguageModelSpec]:
        yield LanguageModelSpec(
            name="speaking",
            summary="says what it is told to",
            options=NoOptions,
            inspect=lambda options: LanguageModelShape(8, 272, 4096),
            build=lambda options, device: self.llm,
        )

    @hookimpl
    def register_encoders(self) -> Iterable[EncoderSpec]:
        yield EncoderSpec(
            name="fake",
            modality="image",
            summary="sees four things",
            options=NoOptions,
            inspect=lambda options: FeatureShape(width=8, positions=4),
            build=lambda options, device: FakeEncoder(),
        )

    @hookimpl
    def register_chat_templates(self) -> Iterable[ChatTemplate]:
        yield ChatTemplate(
            name="fake",
            summary="control tokens",
            turns={
                "system": Turn(),
                "user": Turn(before="<|user|>"),
                "assistant": Turn(before="<|assistant|>", after=END),
            },
            stop=(END,),
            system="Be brief.",
        )


def make_engine(llm: FakeLanguageModel, *, eyes: bool = True) -> ChatEngine:
    from sensorium import builtin

    plugins: Plugins = empty_plugins()
    plugins.register(builtin, "builtin", "test")
    plugins.register(FakePlugin(llm), "fake", "test")
    encoders = {"image": {"plugin": "fake", "projector": {"plugin": "linear"}}} if eyes else {}
    tree = {"llm": {"plugin": "speaking"}, "encoders": encoders, "template": "fake"}
    registry = Registry(plugins)
    return ChatEngine(plan(make_recipe(tree, source="test"), registry).build())


@pytest.fixture
def engine_of() -> Callable[..., ChatEngine]:
    """`engine_of(text, seconds=…, eyes=…)`: an engine that says `text`."""

    def make(text: str, *, seconds: float = 0.0, eyes: bool = True) -> ChatEngine:
        return make_engine(SpeakingModel(text, seconds), eyes=eyes)

    return make


@pytest.fixture
def until_still() -> Callable[[ChatEngine], int]:
    """Wait until no answer is being written (fails when one goes on); → the model's steps."""

    def wait(engine: ChatEngine, patience_seconds: float = 5.0) -> int:
        end = time.monotonic() + patience_seconds
        while any(thread.name == "sensorium-answer" for thread in threading.enumerate()):
            assert time.monotonic() < end, "a generation is still running"
            time.sleep(0.01)
        steps: int = engine.pipeline.llm.steps  # type: ignore[attr-defined]
        time.sleep(0.1)
        assert engine.pipeline.llm.steps == steps  # type: ignore[attr-defined]
        assert not engine.lock.locked()
        return steps

    return wait


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """`serve(engine, …)`: the page's address; uploads lie in the test's own folder."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    looked_up: list[str] = []
    look_up = socket.getaddrinfo

    def watched(host: Any, *rest: Any, **more: Any) -> Any:
        looked_up.append(str(host))
        return look_up(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", watched)
    # Gradio makes an event loop for every lock (utils.safe_get_lock) and leaves it open.
    loops: list[asyncio.AbstractEventLoop] = []
    make_loop = asyncio.new_event_loop

    def remembered() -> asyncio.AbstractEventLoop:
        loops.append(make_loop())
        return loops[-1]

    monkeypatch.setattr(asyncio, "new_event_loop", remembered)
    from sensorium.ui.page import build_page
    from sensorium.ui.serving import launch

    pages = []

    def start(engine: ChatEngine, **more: Any) -> str:
        page = build_page(engine, **more)
        pages.append(page)
        return launch(page, host="127.0.0.1", port=free_port())

    yield start
    for page in pages:
        page.close(verbose=False)
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


@pytest.fixture
def port() -> int:
    """A port that nobody listens at."""
    return free_port()


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

    def respond(self) -> int:
        """The number of the event that answers."""
        chat = self.component("chat")["id"]
        return next(
            d["id"]
            for d in self.config["dependencies"]
            if d["queue"] is not False and d["outputs"] == [chat]
        )

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
        done = self.run(self.respond(), [history, *settings])
        assert done["success"], done
        return [
            (shown["role"], part.get("text", part["type"]), (shown["metadata"] or {}).get("id"))
            for shown in done["output"]["data"][0]
            for part in shown["content"]
        ]


@pytest.fixture
def visit(serve: Callable[..., str]) -> Iterator[Callable[..., Visitor]]:
    visitors: list[Visitor] = []

    def come(engine: ChatEngine, **more: Any) -> Visitor:
        visitors.append(Visitor(serve(engine, **more)))
        return visitors[-1]

    yield come
    for visitor in visitors:
        visitor.http.close()
