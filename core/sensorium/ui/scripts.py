"""The page's own script, what it says, and how gradio's events call it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sensorium.limits import DEFAULT_LIMITS


def facts() -> dict[str, Any]:
    """What the script has to know, and its sentences."""
    return {
        "characters": DEFAULT_LIMITS.characters,
        "tooLong": f"{DEFAULT_LIMITS.too_long} Shorten it.",
        "failed": "This did not reach the server: it is away, or the conversation is too long to "
        "be sent. Try again, or start a new one.",
        "broken": "The page was left before the answer came. Try again.",
        "microphone": {
            "NotAllowedError": "The microphone is not allowed. Allow it for this page in the "
            "browser's settings.",
            "NotFoundError": "No microphone was found. Connect one, or send a recording as a file.",
            "NotReadableError": "The microphone is in use. Close what uses it, and try again.",
            "insecure": "Browsers give a microphone only to pages that come by https or from this "
            "very machine. Send a recording as a file instead.",
            "other": "The microphone cannot be used",
        },
    }


HEAD = (
    f"<script>const sensoriumFacts = {json.dumps(facts())};\n"
    f"{Path(__file__).with_name('page.js').read_text('utf-8')}</script>"
)
"""What stands in the head of the page, so that it is there before gradio's own script runs."""


def call(name: str) -> str:
    """A function of the script, as gradio's `js` wants it."""
    return f"(...values) => sensorium.{name}(...values)"
