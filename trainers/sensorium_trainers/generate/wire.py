"""The two protocols: how a request is written, and when a stream is a whole answer.

`openai` streams server-sent events, `data: {…}` lines that end with `data: [DONE]`; `ollama`
streams one JSON object per line, the last with `done: true`. In both the model has ended its text
only where the reason is `stop`. A stream without any reason was cut by the network, the server or
a proxy, and is no answer. So what carries neither text nor a reason is passed over, whatever its
form: a count of tokens, a ping that is no object, an empty value of any type. Nothing can be lost
in it. Some gateways of `openai` send a `message` instead of a `delta`, or behind the deltas: it
holds all of the text so far.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sensorium.config import merge
from sensorium.text_files import without_mark

from .prompts import Messages
from .recipe import CorpusRecipe, Sampling

LONGEST_BYTES = 16 * 1024 * 1024
"""A stream longer than this is no text; it would only fill the memory."""

_EVENT = re.compile(rb"[{}<]")
"""In a line with none of these there is no event, no part of one, and no error page."""


class BrokenStreamError(Exception):
    """A reply that is not a whole answer; worth another attempt."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model wrote, and why it stopped: `stop`, `length`, or a reason of the server's."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Step:
    """What one line of a stream adds; `last` where nothing follows.

    `so_far` is all of the text up to here, if the line repeats it.
    """

    text: str = ""
    so_far: str = ""
    reason: str | None = None
    last: bool = False


@dataclass(frozen=True, slots=True)
class Api:
    """One protocol."""

    path: str
    settings: Callable[[Sampling, int | None], dict[str, Any]]
    read: Callable[[bytes], Step]


def body_of(recipe: CorpusRecipe, messages: Messages, seed: int) -> dict[str, Any]:
    """The request's JSON body."""
    sampling = recipe.sampling
    settings = APIS[recipe.endpoint.api].settings(sampling, seed if sampling.send_seed else None)
    body = {"model": recipe.endpoint.model, "messages": messages, "stream": True, **settings}
    return merge(body, sampling.extra)


class Stream:
    """Collects one answer from the bytes of a reply."""

    def __init__(self, api: Api) -> None:
        self._read = api.read
        self._rest = bytearray()
        self._texts: list[str] = []
        self._reason: str | None = None
        self._size = 0
        self._last = False

    def feed(self, chunk: bytes) -> bool:
        """Bytes as they arrive; True once the answer is complete. BrokenStreamError if it is not
        of this protocol, or the server reports an error in the middle.
        """
        self._size += len(chunk)
        if self._size > LONGEST_BYTES:
            raise BrokenStreamError(f"more than {LONGEST_BYTES:,} bytes")
        self._rest += chunk
        # Bytes, and only at line feeds: as text, a line would also be split at separators such as
        # U+2028, which JSON allows inside a string.
        *lines, self._rest = self._rest.split(b"\n")
        return any(self._take(bytes(line)) for line in lines)

    def answer(self) -> Answer:
        """The whole answer, once the stream is over; BrokenStreamError where it was cut."""
        if self._rest:
            self._take(bytes(self._rest))
        if self._reason is None:
            raise BrokenStreamError("the stream was cut off before the model had ended")
        return Answer(_whole("".join(self._texts)), _whole(self._reason))

    def _take(self, line: bytes) -> bool:
        if self._last:
            return True
        line = without_mark(line).strip()
        if line:
            step = self._read(line)
            self._texts.append(step.text)
            if step.so_far:
                self._replace(step.so_far)
            self._reason = step.reason or self._reason
            self._last = step.last
        return self._last

    def _replace(self, text: str) -> None:
        if not _whole(text).startswith(_whole("".join(self._texts))):
            raise BrokenStreamError("a whole text that is not the one of its pieces")
        self._texts = [text]


def _openai_settings(sampling: Sampling, seed: int | None) -> dict[str, Any]:
    values = sampling.model_dump(include={"temperature", "top_p", "max_tokens"})
    return _given({**values, "seed": seed})


def _ollama_settings(sampling: Sampling, seed: int | None) -> dict[str, Any]:
    values = sampling.model_dump(include={"temperature", "top_p"})
    return {"options": _given({**values, "num_predict": sampling.max_tokens, "seed": seed})}


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _read_openai(line: bytes) -> Step:
    name, _, value = line.partition(b":")
    if name != b"data":
        return Step()  # a comment that keeps the connection alive, or a field nobody uses
    if value.strip() == b"[DONE]":
        return Step(last=True)
    choices = _object(value).get("choices")
    if _is_empty(choices):
        return Step()
    if not isinstance(choices, list):
        raise BrokenStreamError("choices that are no list")
    choice = _part(choices[0], "a choice")
    delta, message = (_part(choice.get(name), f"a {name}") for name in ("delta", "message"))
    return Step(
        text=_text(delta.get("content")),
        so_far=_text(message.get("content")),
        reason=_text(choice.get("finish_reason")) or None,
    )


def _is_empty(value: Any) -> bool:
    """Whether nothing is in it, however a gateway writes that; a number is something."""
    return value is None or value is False or value in ("", [], {})


def _part(value: Any, name: str) -> Mapping[str, Any]:
    """An object of an event, empty where there is nothing."""
    if _is_empty(value):
        return {}
    if not isinstance(value, dict):
        raise BrokenStreamError(f"{name} that is no object")
    return value


def _read_ollama(line: bytes) -> Step:
    event = _object(line)
    text = _text(_part(event.get("message"), "a message").get("content"))
    if event.get("done") is not True:
        return Step(text)
    return Step(text, reason=_text(event.get("done_reason")) or None, last=True)


def _object(line: bytes) -> dict[str, Any]:
    """An event; empty for a ping."""
    if not _EVENT.search(line):
        return {}
    try:
        event = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BrokenStreamError("a line that is not JSON") from error
    if not isinstance(event, dict):
        raise BrokenStreamError("a line that is no JSON object")
    if event.get("error"):
        raise BrokenStreamError(f"the server reports: {message_of(event)}")
    return event


def message_of(event: Mapping[str, Any]) -> str:
    """The text of `{"error": "…"}` or `{"error": {"message": "…"}}`, as servers vary it."""
    error = event.get("error") or event.get("message") or event.get("detail") or ""
    return str(error.get("message", "") if isinstance(error, dict) else error)


def _whole(text: str) -> str:
    """`text` without halves of characters; two that came one by one are joined."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _text(value: Any) -> str:
    if _is_empty(value):
        return ""
    if not isinstance(value, str):
        raise BrokenStreamError("a text that is no string")
    return value


APIS: Mapping[str, Api] = {
    "openai": Api("/chat/completions", _openai_settings, _read_openai),
    "ollama": Api("/api/chat", _ollama_settings, _read_ollama),
}
