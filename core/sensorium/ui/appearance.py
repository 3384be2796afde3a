"""Colours, type and spacing: calm, readable, nothing loaded from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

_TEXT = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif")
_CODE = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")


def theme() -> Any:
    """The system's own fonts: gradio's named ones would be fetched."""
    base = gr.themes.Soft(
        primary_hue="teal", neutral_hue="slate", radius_size="lg", font=_TEXT, font_mono=_CODE
    )
    return base.set(body_background_fill="*neutral_50", block_shadow="none")


CSS = Path(__file__).with_name("page.css")
