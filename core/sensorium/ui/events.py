"""What happens on the page when somebody asks, picks an example, tries again, stops or clears.

Two rules keep the conversation safe, which lives in the page alone. Whatever goes wrong becomes a
sentence in it: gradio would show the failure of an event in place of the conversation. And every
generator yields at least once: gradio takes one that does not for an empty conversation.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

import gradio as gr

from .answers import Answers
from .conversation import Shown, mark_of, question, tidy
from .scripts import call
from .settings import Settings

States = AsyncGenerator[Any, None]
"""What the conversation looks like, again and again until the answer is there."""


def connect(chatbot: gr.Chatbot, textbox: gr.MultimodalTextbox, settings: Settings) -> None:
    """The events of the page, each with its function.

    The script of the page puts a question into the conversation, with a mark that its answer is
    due, before the server hears of it; so there is no moment in which it could be asked twice.
    """
    answers = Answers(settings)

    async def to(history: Sequence[Shown], values: Any, shown: Any, page: str) -> States:
        mark = mark_of(shown)
        if mark is None or not history or history[-1]["role"] != "user":
            yield gr.skip()  # an empty question
            return
        async with aclosing(answers.to(history, values, page, mark)) as states:
            async for state in states:
                yield gr.skip() if state is None else state

    async def ask(request: gr.Request, shown: Any, *values: Any) -> States:
        async with aclosing(to(tidy(shown), values, shown, _page(request))) as states:
            async for state in states:
                yield state

    async def pick(request: gr.Request, picked: gr.SelectData, shown: Any, *values: Any) -> States:
        # What the client says about the example is not believed, only which one it was.
        example = chatbot.examples[int(picked.index)]
        asked = [question(example["text"], example["files"])]
        async with aclosing(to(asked, values, shown, _page(request))) as states:
            async for state in states:
                yield state

    def stop(request: gr.Request, shown: Any) -> None:
        answers.turns.stop(_page(request), mark_of(shown) or "")

    def drop(request: gr.Request, shown: Any) -> None:
        answers.turns.stop(_page(request), mark_of(shown) or "", drop=True)

    # Without `preprocess` gradio checks where files are, but builds nothing from what it is sent.
    # Progress is shown by the conversation itself; a failure would cover what it is shown on.
    common: dict[str, Any] = {
        "preprocess": False,
        "show_progress": "hidden",
        "show_progress_on": [textbox],
        "trigger_mode": "multiple",
        "api_visibility": "private",
    }
    scripted: dict[str, Any] = {"trigger_mode": "multiple", "show_progress": "hidden"}
    asking = {**common, "concurrency_limit": None}  # `Answers` keeps the line
    both = [textbox, chatbot]
    inputs = [chatbot, *settings.components]
    sent = textbox.submit(None, both, both, js=call("send"), **scripted)
    retried = chatbot.retry(None, chatbot, chatbot, js=call("again"), **scripted)
    begun = [
        sent.then(ask, inputs, chatbot, **asking),
        retried.then(ask, inputs, chatbot, **asking),
        chatbot.example_select(pick, inputs, chatbot, js=call("pick"), **asking),
    ]
    for event in begun:
        # What never reached the functions above: the server is away, the request too large.
        event.failure(None, chatbot, chatbot, js=call("failed"), **scripted)
    textbox.stop(stop, chatbot, None, js=call("due"), queue=False, **common)
    chatbot.clear(drop, chatbot, None, js=call("clear"), queue=False, **common)
    chatbot.change(None, chatbot, chatbot, js=call("keep"), **scripted)


def _page(request: gr.Request) -> str:
    return str(request.session_hash)
