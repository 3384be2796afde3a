"""The chat page: pictures, speech and text in, a streamed answer out.

The conversation lives in the browser's tab, which keeps it over a reload; every question sends all
of it, so the server keeps nothing between requests but the model's KV, and a restart loses no
conversation.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from sensorium.engine import ChatEngine
from sensorium.registry import Registry

from .events import connect
from .scripts import call
from .settings import render_settings
from .uploads import KINDS

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
    senses = [name for name in KINDS if name in engine.pipeline.plan.modalities]
    for hearing in engine.pipeline.hearings.values():
        hearing.load()  # now, so that whoever speaks first need not wait
    with gr.Blocks(
        title=title, analytics_enabled=False, fill_height=True, delete_cache=UPLOAD_SECONDS
    ) as page:
        gr.Markdown(f"# {title}\n\n{summary}", elem_id="title")
        if engine.pipeline.warnings:
            gr.Markdown("\n\n".join(engine.pipeline.warnings), elem_id="warning")
        chatbot = _chatbot(examples, "image" in senses)
        gr.HTML('<p role="status"></p>', elem_id="notice")
        textbox = _textbox(senses)
        connect(chatbot, textbox, render_settings(engine))
        page.load(None, None, chatbot, js=call("restore"))
    page.queue(api_open=False)
    _refuse_addresses(page)
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
    # Gradio's own clean-up would take the examples away once they are old.
    chatbot.keep_in_cache.update(chatbot.temp_files)
    return chatbot


def _textbox(senses: Sequence[str]) -> gr.MultimodalTextbox:
    return gr.MultimodalTextbox(
        show_label=False,
        elem_id="question",
        placeholder=_invitation(senses),
        sources=[*(["upload"] if senses else []), *(["microphone"] if "audio" in senses else [])],
        file_types=list(senses),
        file_count="multiple",
        max_plain_text_length=sys.maxsize,  # gradio would make a file of what is longer
        autofocus=True,
        max_lines=8,
        stop_btn=True,
    )


def _invitation(senses: Sequence[str]) -> str:
    # One line on a phone; that one may speak too, the microphone beside it says.
    return "Ask, or send a picture" if "image" in senses else "Ask"


def _refuse_addresses(page: gr.Blocks) -> None:
    """Gradio would download an address that stands where an uploaded file's path belongs.

    Checked on the page, before any component: gradio builds components anew for every visitor.
    """
    preprocess = page.preprocess_data

    async def checked(block_fn: Any, inputs: list[Any], *rest: Any) -> list[Any]:
        if _names_an_address(inputs):
            raise gr.Error("Only uploaded files are read.", print_exception=False)
        prepared: list[Any] = await preprocess(block_fn, inputs, *rest)
        return prepared

    page.preprocess_data = checked


def _names_an_address(sent: Any) -> bool:
    if isinstance(sent, list):
        return any(map(_names_an_address, sent))
    if not isinstance(sent, dict):
        return False
    return "://" in str(sent.get("path", "")) or any(map(_names_an_address, sent.values()))
