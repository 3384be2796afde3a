"""What no request to the page may do, whatever gradio would let it.

An ASGI middleware: it refuses bodies over a cap (counted as they arrive, so chunked ones too) and
the route on which gradio fetches addresses for others; and it tells the browser to load nothing
from anywhere else.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from sensorium.limits import DEFAULT_LIMITS

Scope = MutableMapping[str, Any]
Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_JSON_BYTES = 8 * 2**20
"""A conversation, more than one with two messages of the longest that are taken."""
MAX_UPLOAD_BYTES = DEFAULT_LIMITS.files * DEFAULT_LIMITS.file_bytes
"""All files of one request together; each has its own limit besides."""

CONTENT_SECURITY_POLICY = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'"
)
"""Gradio's page needs inline scripts; everything must come from this server."""

_UPLOAD = "/upload"
_FETCHING = ("http:", "https:", "http%3a", "https%3a")


class Guard:
    """Wraps an ASGI application."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it with 403 or 413."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = str(scope["path"])
        _, marked, target = path.partition("/file=")
        if "/proxy=" in path or (marked and target.lower().lstrip("/").startswith(_FETCHING)):
            await _refuse(send, 403, "Not served here.")
            return
        counted = _Counted(receive, MAX_UPLOAD_BYTES if path.endswith(_UPLOAD) else MAX_JSON_BYTES)
        if counted.announced_too_much(scope):
            await _refuse(send, 413, "The request is too large.")
            return
        answered = False

        async def send_with_policy(event: Event) -> None:
            nonlocal answered
            if counted.exceeded and not answered:
                answered = True
                await _refuse(send, 413, "The request is too large.")
            if counted.exceeded:
                return
            if event["type"] == "http.response.start":
                answered = True
                event["headers"] = [
                    *event.get("headers", []),
                    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
                    (b"referrer-policy", b"no-referrer"),
                    (b"x-content-type-options", b"nosniff"),
                ]
            await send(event)

        await self.app(scope, counted, send_with_policy)


class _Counted:
    """`receive` that ends the request once its body is larger than `limit` bytes."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._seen = 0

    @property
    def exceeded(self) -> bool:
        return self._seen > self._limit

    def announced_too_much(self, scope: Scope) -> bool:
        lengths = [value for name, value in scope["headers"] if name == b"content-length"]
        return any(not value.isdigit() or int(value) > self._limit for value in lengths)

    async def __call__(self) -> Event:
        event = await self._receive()
        self._seen += len(event.get("body", b""))
        return {"type": "http.disconnect"} if self.exceeded else event


async def _refuse(send: Send, status: int, text: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})
