"""An answer under way: it streams, it stops when nobody wants it, it fails in plain words."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable
from typing import Any

import pytest
from sensorium.answer import Answer, Usage
from sensorium.engine import ChatEngine
from sensorium.errors import MediaError, PerceptionError
from sensorium.generation import GenerationOptions
from sensorium.messages import Message
from sensorium.ui.answering import UNEXPECTED, Writing, explain, small_print

HELLO = [Message.user("hi")]


def writing(engine: ChatEngine) -> Writing:
    return Writing(engine, HELLO, GenerationOptions(max_tokens=1000))


def test_text_grows_and_the_answer_is_there(engine_of: Callable[..., ChatEngine]) -> None:
    engine = engine_of("Three cats.")

    async def read() -> tuple[list[str], str]:
        under_way = writing(engine)
        return [text async for text in under_way], under_way.stream.answer.text

    seen, text = asyncio.run(read())
    assert text == seen[-1] == "Three cats."
    assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(seen))


@pytest.mark.parametrize("how", ["closed", "cancelled"])
def test_it_stops_when_nobody_reads(
    engine_of: Callable[..., ChatEngine], until_still: Callable[[ChatEngine], int], how: str
) -> None:
    engine = engine_of("x" * 900, seconds=0.02)

    async def read() -> None:
        texts = aiter(writing(engine))
        assert await anext(texts)
        if how == "closed":
            await texts.aclose()  # type: ignore[attr-defined]
        else:
            task = asyncio.ensure_future(anext(texts))
            await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(read())
    assert until_still(engine) < 50
    assert engine.ask(HELLO, GenerationOptions(max_tokens=2)).text == "xx"


def test_it_stops_before_the_first_text(
    engine_of: Callable[..., ChatEngine], until_still: Callable[[ChatEngine], int]
) -> None:
    engine = engine_of("x" * 900, seconds=0.3)

    async def read() -> None:
        task = asyncio.ensure_future(anext(aiter(writing(engine))))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(read())
    assert until_still(engine) == 1


def test_a_slow_reader_does_not_hold_the_engine(engine_of: Callable[..., ChatEngine]) -> None:
    engine = engine_of("Three cats.")

    async def read() -> str:
        texts = aiter(writing(engine))
        await anext(texts)
        other = await asyncio.to_thread(engine.ask, HELLO)
        return other.text

    assert asyncio.run(read()) == "Three cats."


def test_errors_arrive_where_the_answer_is_awaited(
    engine_of: Callable[..., ChatEngine],
    until_still: Callable[[ChatEngine], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = engine_of("Three cats.")

    def fail(ids: Any) -> Any:
        raise ZeroDivisionError("/secret/path")

    monkeypatch.setattr(engine.pipeline.llm, "embed", fail)

    async def read() -> None:
        async for _ in writing(engine):
            pass

    with pytest.raises(ZeroDivisionError):
        asyncio.run(read())
    until_still(engine)


def test_unforeseen_errors_get_a_fixed_text(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        assert explain(ZeroDivisionError("/secret")) == UNEXPECTED
    assert "ZeroDivisionError: /secret" in caplog.text
    assert explain(MediaError("Broken.", hint="Send it again.")) == "Broken. Send it again."


def test_the_cause_of_a_plugin_goes_to_the_log_alone(caplog: pytest.LogCaptureFixture) -> None:
    error = PerceptionError("The image encoder failed on this input (ValueError)")
    error.__cause__ = ValueError("/secret")
    with caplog.at_level(logging.ERROR):
        assert explain(error) == "The image encoder failed on this input (ValueError)"
    assert "ValueError: /secret" in caplog.text


@pytest.mark.parametrize(
    ("reason", "ending"),
    [
        ("stop", ""),
        ("length", " · ended at the longest allowed length"),
        ("cancelled", " · stopped"),
    ],
)
def test_small_print(reason: Any, ending: str) -> None:
    line = small_print(Answer("x", reason, Usage(71, 58, 24), 0.314, 1.0))
    assert line == f"0.31 s to first text · 24 tokens · 58 of 71 positions reused{ending}"
