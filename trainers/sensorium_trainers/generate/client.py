"""One request to the server: time limits, retries with back-off, and what no retry can help.

Retried: no connection, silence, a stream that is cut or broken, HTTP 408, 425, 429 and 5xx. Every
other status stops the run, for the next request would fare no better; and so does a server that was
never there: a name that does not resolve, or a port of this machine that refuses. All times are in
seconds.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import math
import random
import socket
import textwrap
import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self

import httpx
from sensorium.version import __version__

from .errors import GenerationError, UnansweredError
from .recipe import Endpoint
from .wire import APIS, Answer, BrokenStreamError, Stream, message_of

LONGEST_BACKOFF = 60.0
LONGEST_RETRY_AFTER = 600.0
"""A server that asks for more is not waited for; the run can go on later."""

_RETRIED = frozenset({408, 425, 429})
_UNKNOWN_NAME = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})
"""What a resolver that was reached says; by its other errors it could not be asked, for now."""

_LONGEST_MESSAGE = 4096


class _AgainError(Exception):
    """This attempt failed; `wait` is what the server asked for, if it did."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class Client:
    """Asks one endpoint; all requests share its connections and its Retry-After."""

    def __init__(
        self, endpoint: Endpoint, key: str | None, retried: Callable[[str], None] = lambda _: None
    ) -> None:
        self._endpoint = endpoint
        self._api = APIS[endpoint.api]
        self._url = endpoint.base_url.rstrip("/") + self._api.path
        self._key = key
        self._retried = retried
        self._closed_until = 0.0
        self._reached = False
        headers = {"User-Agent": f"sensorium/{__version__}"}
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        self._http = httpx.AsyncClient(
            headers=headers,
            timeout=httpx.Timeout(endpoint.timeout_seconds, pool=None),
            limits=httpx.Limits(max_connections=endpoint.concurrency),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def ask(self, body: dict[str, Any]) -> Answer:
        """The whole answer.

        UnansweredError after the last retry; GenerationError where the server refuses for good.
        """
        for attempt in range(self._endpoint.retries + 1):
            await self._wait_until_open()
            try:
                async with asyncio.timeout(self._endpoint.answer_timeout_seconds):
                    return await self._attempt(body)
            except _AgainError as error:
                reason, asked = str(error), error.wait
            except BrokenStreamError as error:
                reason, asked = self._shown(str(error)), None
            except httpx.TimeoutException:
                reason, asked = f"silent for {self._endpoint.timeout_seconds:g} s", None
            except TimeoutError:
                limit = self._endpoint.answer_timeout_seconds
                reason, asked = f"not complete after {limit:g} s", None
            except httpx.RequestError as error:
                if not self._reached:
                    self._refuse_absent(error)
                reason, asked = self._shown(f"{type(error).__name__}: {error}"), None
            if attempt < self._endpoint.retries:
                self._retried(reason)
                await self._back_off(attempt, asked)
        raise UnansweredError(
            f"No answer in {self._endpoint.retries + 1} attempts, the last: {reason}",
            where=self._url,
            hint="Look at the server and at endpoint.base_url; then run the same command again.",
        )

    async def _attempt(self, body: dict[str, Any]) -> Answer:
        async with self._http.stream("POST", self._url, json=body) as response:
            self._reached = True
            if response.status_code != httpx.codes.OK:
                await self._refused(response)
            stream = Stream(self._api)
            async for chunk in response.aiter_bytes():
                if stream.feed(chunk):
                    break
            return stream.answer()

    async def _refused(self, response: httpx.Response) -> None:
        status = response.status_code
        said = self._shown(await _message(response))
        reason = f"HTTP {status}{': ' if said else ''}{said}"
        if status in _RETRIED or status >= 500:
            wait = retry_after(response.headers.get("Retry-After"), time.time())
            if wait is not None and wait > LONGEST_RETRY_AFTER:
                raise GenerationError(
                    f"The server asks to wait {wait:,.0f} s ({reason})",
                    where=self._url,
                    hint="Run the same command again then; it goes on where it stopped.",
                )
            raise _AgainError(reason, wait)
        raise GenerationError(
            f"The server refuses: {reason}", where=self._url, hint=self._hint(status)
        )

    def _hint(self, status: int) -> str:
        name = self._endpoint.api_key_variable
        if status in (401, 403):
            if name is None:
                return "Set endpoint.api_key_variable to the variable that holds the key."
            return f"Check the key in {name}."
        if status == 404 or 300 <= status < 400:
            pull = f", or run: ollama pull {self._endpoint.model}"
            pull = pull if self._endpoint.api == "ollama" else ""
            return f"Check endpoint.base_url and endpoint.model{pull}."
        return "Check endpoint.model and sampling."

    def _refuse_absent(self, error: httpx.RequestError) -> None:
        """GenerationError where no retry helps: the name is unknown, or this machine refuses.

        Another machine may be starting; on this one whoever asks has to start the server.
        """
        host = httpx.URL(self._url).host
        causes = [*_causes(error)]
        if any(isinstance(c, socket.gaierror) and c.errno in _UNKNOWN_NAME for c in causes):
            raise GenerationError(
                f"The name {host} does not resolve",
                where=self._url,
                hint="Look at endpoint.base_url, and whether there is a network.",
            ) from error
        if _is_local(host) and any(isinstance(cause, ConnectionRefusedError) for cause in causes):
            server = "`ollama serve`" if self._endpoint.api == "ollama" else "the server"
            raise GenerationError(
                "Nobody listens there: the connection is refused",
                where=self._url,
                hint=f"Is {server} running? Else look at endpoint.base_url.",
            ) from error

    async def _wait_until_open(self) -> None:
        # Again and again: while one waits, another may be told to wait longer.
        while (left := self._closed_until - time.monotonic()) > 0:
            await asyncio.sleep(left)

    async def _back_off(self, attempt: int, asked: float | None) -> None:
        wait = min(self._endpoint.backoff_seconds * 2**attempt, LONGEST_BACKOFF)
        # Chance, or all that failed together would come back together.
        wait *= random.uniform(0.5, 1.0)
        if asked is not None:
            # Meant for the endpoint, so that no other request goes there before either.
            self._closed_until = max(self._closed_until, time.monotonic() + asked)
            await self._wait_until_open()
        await asyncio.sleep(wait)

    def _shown(self, text: str) -> str:
        """`text` on one short line, and without the key, which some servers repeat."""
        text = text.replace(self._key, "***") if self._key else text
        return textwrap.shorten(text, 300, placeholder=" ...")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and those behind it; of several addresses each fails with its own."""
    if error is None:
        return
    yield error
    for inner in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        yield from _causes(inner)
    yield from _causes(error.__cause__ or error.__context__)


def _is_local(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return address.is_loopback or address.is_unspecified


def retry_after(value: str | None, now: float) -> float | None:
    """Seconds to wait by a Retry-After header: a number, or a date after `now` (Unix seconds)."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - now
        except (ValueError, OverflowError):
            return None
    return max(seconds, 0.0) if math.isfinite(seconds) else None


async def _message(response: httpx.Response) -> str:
    """What the server says about its error: the protocol's message, else nothing."""
    content = b""
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > _LONGEST_MESSAGE:
            break
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return ""  # a page of some proxy
    return message_of(found) if isinstance(found, dict) else ""
