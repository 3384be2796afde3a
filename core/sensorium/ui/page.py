"""The chat page: pictures, speech and text in, a streamed answer out.

The conversation lives in the page; every question sends all of it, so the server keeps nothing
between requests but the model's KV, and a restart loses no conversation.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from sensorium.engine import ChatEngine
from sensorium.registry import Registry

from .answering import Writing, explain, small_print
from .conversation import (
    READERS,
    Shown,
    answer,
    heard,
    note,
    problem,
    question,
    tidy,
    to_messages,
    until,
    waits,
)
from .settings import Settings, render_settings

QUEUE_SIZE = 16
UPLOAD_SECONDS = (600, 6 * 3600)
"""How often uploads are looked at, and how old they get."""

Example = tuple[Path, str]


def build_page(
    engine: ChatEngine,
    *,
    title: str = "Sensorium",
    summary: str = "",
    examples: Sequence[Example] = (),
) -> gr.Blocks:
    """The page; `serving.launch` serves it with the limits it needs.

    `summary` stands under the title; `examples` are (picture, question) to begin with.
    """
    senses = [name for name in READERS if name in engine.pipeline.plan.modalities]
    for hearing in engine.pipeline.hearings.values():
        hearing.load()  # now, so that whoever speaks first need not wait
    with gr.Blocks(
        title=title, analytics_enabled=False, fill_height=True, delete_cache=UPLOAD_SECONDS
    ) as page:
        gr.Markdown(f"# {title}\n\n{summary}", elem_id="title")
        chatbot = _chatbot(examples, "image" in senses)
        textbox = _textbox(senses)
        _connect(chatbot, textbox, render_settings(engine))
    page.queue(max_size=QUEUE_SIZE, default_concurrency_limit=1, api_open=False)
    return page


def page_of(engine: ChatEngine, model: str, registry: Registry) -> gr.Blocks:
    """The page of a model, with the summary and the examples of the bundle of that name."""
    if model not in registry.bundles:
        return build_page(engine)
    spec = registry.bundles.get(model)
    examples = spec.examples() if spec.examples else ()
    return build_page(engine, summary=f"{spec.name} {spec.summary}.", examples=examples)


def _chatbot(examples: Sequence[Example], sighted: bool) -> gr.Chatbot:
    invitation = "Drop a picture here, or paste one." if sighted else "Ask something."
    chatbot = gr.Chatbot(
        show_label=False,
        elem_id="chat",
        scale=1,
        buttons=["copy"],
        allow_file_downloads=False,
        placeholder=invitation + (" Or begin with one of these:" if examples else ""),
        examples=[{"text": text, "files": [str(picture)]} for picture, text in examples] or None,
        group_consecutive_messages=False,
        allow_tags=False,
    )
    _local_files_only(chatbot)
    # Gradio's own clean-up would take the examples away once they are old.
    chatbot.keep_in_cache.update(chatbot.temp_files)
    return chatbot


def _textbox(senses: Sequence[str]) -> gr.MultimodalTextbox:
    textbox = gr.MultimodalTextbox(
        show_label=False,
        elem_id="question",
        placeholder=_invitation(senses),
        sources=[*(["upload"] if senses else []), *(["microphone"] if "audio" in senses else [])],
        file_types=list(senses),
        file_count="multiple",
        max_plain_text_length=100_000,
        autofocus=True,
        max_lines=8,
    )
    _local_files_only(textbox)
    return textbox


def _invitation(senses: Sequence[str]) -> str:
    # One line on a phone; that one may speak too, the microphone beside it says.
    return "Ask, or send a picture" if "image" in senses else "Ask"


def _local_files_only(component: Any) -> None:
    """Gradio would download an address that stands where an uploaded file's path belongs."""
    move = component.async_move_resource_to_block_cache

    async def refuse_addresses(path: str | Path | None) -> str | None:
        if path is not None and "://" in str(path):
            raise gr.Error("Only uploaded files are read.", print_exception=False)
        moved: str | None = await move(path)
        return moved

    component.async_move_resource_to_block_cache = refuse_addresses


def _connect(chatbot: gr.Chatbot, textbox: gr.MultimodalTextbox, settings: Settings) -> None:
    """The events: send, pick an example, try again; stop, clear."""

    async def respond(sent: list[Shown], *values: Any) -> AsyncIterator[list[Shown]]:
        history = tidy(sent)
        if not waits(history):
            return
        try:
            options, system = settings.read(values)
            messages = await asyncio.to_thread(to_messages, history, system)
            writing = Writing(settings.engine, messages, options)
            async for written in writing:
                understood = heard(writing.stream.transcripts)
                yield [*history, *understood, *([answer(written)] if written else [])]
            whole = writing.stream.answer
            understood = heard(whole.transcripts)
            yield [*history, *understood, answer(whole.text), note(small_print(whole))]
        except Exception as error:  # noqa: BLE001 - whatever it is, the page says so in words
            yield [*history, problem(explain(error))]

    def take(sent: dict[str, Any], history: list[Shown]) -> tuple[Any, Any]:
        text, files = sent["text"].strip(), sent["files"]
        if not text and not files:
            return gr.skip(), gr.skip()
        return [*tidy(history), question(text, files)], _busy(value=None)

    def pick(picked: gr.SelectData) -> tuple[list[Shown], Any]:
        # What the client says about the example is not believed, only which one it was.
        example = chatbot.examples[int(picked.index)]
        return [question(example["text"], example["files"])], _busy()

    def rewind(history: list[Shown], retried: gr.RetryData) -> tuple[list[Shown], Any]:
        return until(tidy(history), retried.index), _busy()

    # Without `preprocess` gradio checks where files are, but builds nothing from what it is sent.
    quiet: dict[str, Any] = {
        "queue": False,
        "preprocess": False,
        "show_progress": "hidden",
        "api_visibility": "private",
    }
    both = [chatbot, textbox]
    begun = [
        textbox.submit(take, [textbox, chatbot], both, **quiet),
        chatbot.example_select(pick, None, both, **quiet),
        chatbot.retry(rewind, chatbot, both, **quiet),
    ]
    answers = [
        event.then(
            respond,
            [chatbot, *settings.components],
            chatbot,
            preprocess=False,
            concurrency_limit=1,
            concurrency_id="answer",
            show_progress="minimal",
            api_visibility="private",
        )
        for event in begun
    ]
    for event in answers:
        event.then(_ready, None, textbox, **quiet)
        # Where the queue is full, nothing ran that could be followed by `then`.
        event.failure(_ready, None, textbox, **quiet)
    textbox.stop(_ready, None, textbox, cancels=answers, **quiet)
    chatbot.clear(_ready, None, textbox, cancels=answers, **quiet)


def _busy(**changes: Any) -> Any:
    """The stop button instead of the send button; what is typed meanwhile stays."""
    return gr.MultimodalTextbox(interactive=False, submit_btn=False, stop_btn=True, **changes)


def _ready() -> Any:
    return gr.MultimodalTextbox(interactive=True, submit_btn=True, stop_btn=False)
