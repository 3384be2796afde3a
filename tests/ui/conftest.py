"""Fixtures over a speaking engine, the pages that serve it, and their visitors."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sensorium.engine import ChatEngine

from .speaking import SpeakingModel, make_engine, steps_when_still
from .visiting import Server, Visitor, free_port, serving


@pytest.fixture
def engine_of() -> Callable[..., ChatEngine]:
    """`engine_of(text, seconds=…, eyes=…)`: an engine that says `text`."""

    def make(text: str, *, seconds: float = 0.0, eyes: bool = True) -> ChatEngine:
        return make_engine(SpeakingModel(text, seconds), eyes=eyes)

    return make


@pytest.fixture
def until_still() -> Callable[[ChatEngine], int]:
    """Wait until no answer is being written (fails when one goes on); → the model's steps."""

    def wait(engine: ChatEngine) -> int:
        steps = steps_when_still(engine)
        time.sleep(0.1)
        assert steps_when_still(engine) == steps
        return steps

    return wait


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path / "uploads") as server:
        yield server


@pytest.fixture
def port() -> int:
    """A port that nobody listens at."""
    return free_port()


@pytest.fixture
def visit(serve: Server) -> Iterator[Callable[..., Visitor]]:
    visitors: list[Visitor] = []

    def come(engine: ChatEngine, **more: Any) -> Visitor:
        visitors.append(Visitor(serve(engine, **more)))
        return visitors[-1]

    yield come
    for visitor in visitors:
        visitor.http.close()


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from .browsing import browsing

    with browsing(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


@pytest.fixture
def browser(chromium: Any) -> Iterator[Any]:
    """A tab of the browser that all tests share."""
    yield chromium
    chromium.leave()
