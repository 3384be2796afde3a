"""What the guard lets through, and what not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sensorium.ui.guard import MAX_JSON_BYTES, MAX_UPLOAD_BYTES, Guard


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Reads the body and answers with its length, as an application does."""
    length, more = 0, True
    while more:
        event = await receive()
        if event["type"] == "http.disconnect":
            break
        length += len(event.get("body", b""))
        more = event.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(length).encode()})


def ask(
    path: str, chunks: list[bytes], length: bytes | None = None
) -> tuple[int, bytes, set[bytes]]:
    """Status, body and header names; without `length` the body is chunked."""
    events = [
        {"type": "http.request", "body": chunk, "more_body": index + 1 < len(chunks)}
        for index, chunk in enumerate(chunks)
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        return events.pop(0)

    async def send(event: Any) -> None:
        sent.append(event)

    headers = [] if length is None else [(b"content-length", length)]
    scope = {"type": "http", "path": path, "headers": headers}
    asyncio.run(Guard(echo)(scope, receive, send))
    start, body = sent
    return start["status"], body["body"], {name for name, _ in start["headers"]}


def test_ordinary_requests_pass_and_the_browser_stays_here() -> None:
    status, body, headers = ask("/gradio_api/queue/join", [b"ab", b"c"])
    assert (status, body) == (200, b"3")
    assert b"content-security-policy" in headers


def test_announced_bodies_are_refused_unread() -> None:
    assert ask("/x", [], str(MAX_JSON_BYTES + 1).encode())[0] == 413
    assert ask("/gradio_api/upload", [], str(MAX_UPLOAD_BYTES + 1).encode())[0] == 413
    assert ask("/x", [], b"-1")[0] == 413
    assert ask("/gradio_api/upload", [b""], str(MAX_JSON_BYTES + 1).encode())[0] == 200


def test_chunked_bodies_are_counted() -> None:
    endless = [b"x" * 2**19] * 64
    status, _, _ = ask("/x", endless)
    assert status == 413
    assert ask("/gradio_api/upload", [b"x" * 2**20] * 4)[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=http://169.254.169.254/latest",
        "/gradio_api/file=HTTPS://example.com/a",
        "/gradio_api/file=/https://example.com/a",
        "/file=https%3A//example.com",
        "/gradio_api/proxy=https://x.hf.space/",
    ],
)
def test_nothing_is_fetched_for_others(path: str) -> None:
    assert ask(path, [b""])[0] == 403


def test_other_scopes_pass() -> None:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    asyncio.run(Guard(app)({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert seen == ["lifespan"]
