"""Runs one answer in a thread of its own and hands its text to the event loop.

The generation ends at its next token when it is stopped, and when whoever asked is gone: gradio
closes the generator of a page that left, and closing it cancels the stream. The thread never waits
for the reader, so a slow connection holds up nobody else's answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncGenerator, Sequence

from sensorium.answer import Answer
from sensorium.engine import AnswerStream, ChatEngine
from sensorium.errors import SensoriumError
from sensorium.generation import FinishReason, GenerationOptions
from sensorium.messages import Message

UPDATE_SECONDS = 0.05
"""The page is redrawn at most this often; tokens that come faster are shown together."""

UNEXPECTED = "Something went wrong on this side, and the answer was lost. Please try again."
"""What is shown for an error that nobody foresaw; its details go to the log alone."""

_ENDINGS: dict[FinishReason, str] = {
    "stop": "",
    "length": " · ended at the longest allowed length",
    "cancelled": " · stopped",
}

_log = logging.getLogger(__name__)


class Writing:
    """An answer under way: iterate for the text so far.

    Afterwards `stream.answer` is there, unless it was stopped.
    """

    def __init__(
        self, engine: ChatEngine, messages: Sequence[Message], options: GenerationOptions
    ) -> None:
        self.stream: AnswerStream = engine.stream(messages, options)
        self._loop = asyncio.get_running_loop()
        self._news: asyncio.Queue[str | BaseException | None] = asyncio.Queue()
        self._thread = threading.Thread(target=self._run, name="sensorium-answer", daemon=True)

    def stop(self) -> None:
        """Wait no longer: the iteration ends now, the generation at its next token."""
        self.stream.cancel()
        self._news.put_nowait(None)

    async def __aiter__(self) -> AsyncGenerator[str, None]:
        """The whole text so far, again and again; raises what the generation raised."""
        self._thread.start()
        written = ""
        try:
            while True:
                pieces = [await self._news.get()]
                while not self._news.empty():
                    pieces.append(self._news.get_nowait())
                written += "".join(piece for piece in pieces if isinstance(piece, str))
                for piece in pieces:
                    if isinstance(piece, BaseException):
                        raise piece
                yield written
                if None in pieces:
                    return
                await asyncio.sleep(UPDATE_SECONDS)
        finally:
            self.stream.cancel()

    def _run(self) -> None:
        end: BaseException | None = None
        try:
            if self.stream.hear():
                self._tell("")  # so that what was heard can be shown before the answer begins
            for text in self.stream:
                self._tell(text)
        except Exception as error:  # noqa: BLE001 - it is raised where the answer is awaited
            end = error
        self._tell(end)

    def _tell(self, news: str | BaseException | None) -> None:
        # The loop is closed where the server was shut down meanwhile.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._news.put_nowait, news)


def small_print(answer: Answer) -> str:
    """One line of facts about an answer."""
    usage = answer.usage
    return (
        f"{answer.first_text_seconds:.2f} s to first text · {usage.completion} tokens · "
        f"{usage.reused} of {usage.prompt} positions reused{_ENDINGS[answer.finish_reason]}"
    )


def explain(error: Exception) -> str:
    """What a person is told: the text of our own errors, a fixed one for all others."""
    if isinstance(error, SensoriumError):
        return str(error)
    _log.error("an answer failed", exc_info=error)
    return UNEXPECTED
