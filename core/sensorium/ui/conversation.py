"""What the page shows ↔ what the model reads. No gradio here: its history is plain dicts.

A message on the page is `{"role", "content": [parts], "metadata"}`; a part is
`{"type": "text", "text"}` or `{"type": "file", "file": {"path", …}}`. What the page adds for the
reader only (small print, problems) is marked by its metadata and never reaches the model.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sensorium.contracts import Transcript
from sensorium.limits import DEFAULT_LIMITS
from sensorium.messages import MediaPart, Message, Part, TextPart

from .uploads import is_kept, read_upload

Shown = dict[str, Any]
"""One message as gradio shows it."""

WORDLESS_QUESTION = "What do you see?"
"""What a message that is only a picture asks: whoever just shows something wants to hear that."""

LOST_FILES = "Earlier files are no longer kept here: what was said about them is left out."

_NOTE, _PROBLEM, _UNDER_WAY = "note", "problem", "under-way"
_PUNCTUATION = re.compile(f"[{re.escape(string.punctuation)}]")
_ESCAPED = re.compile(rf"\\({_PUNCTUATION.pattern})")


def question(text: str, files: Sequence[Mapping[str, Any]]) -> Shown:
    """What a person sent: files first, then the text, as the page shows them."""
    parts: list[Shown] = [{"type": "file", "file": dict(file)} for file in files]
    return {"role": "user", "content": [*parts, *([_written(_literal(text))] if text else [])]}


def answer(text: str) -> Shown:
    """What the model wrote so far: Markdown."""
    return {"role": "assistant", "content": [_written(text)]}


def note(text: str) -> Shown:
    """Small print under an answer; not part of the conversation."""
    return _aside(_NOTE, "small-print", text)


def heard(transcripts: Sequence[Transcript]) -> list[Shown]:
    """What was understood of a spoken question; the model reads the recording itself."""
    return [note(f"Heard: {one.text}") for one in transcripts if one.text]


def problem(text: str) -> Shown:
    """Why there is no answer; neither this nor its question is part of the conversation."""
    return _aside(_PROBLEM, "problem", text)


def under_way(mark: str, place: int = 0) -> Shown:
    """Stands last while an answer is waited for; as long as it is there the page can be stopped.

    `mark` is from `mark_of`; `place` is how many questions of others are answered first.
    """
    return _aside(f"{_UNDER_WAY} {mark}", "under-way", f"{place} before you" if place else "")


def mark_of(history: Sequence[Mapping[str, Any]] | None) -> str | None:
    """What the page calls the question by whose answer is waited for; None where none is."""
    last = history[-1] if history else {}
    name, _, mark = _id(last).partition(" ")
    return mark if name == _UNDER_WAY else None


def _aside(mark: str, style: str, text: str) -> Shown:
    content = [_written(f'<span class="{style}">{_literal(text)}</span>')]
    return {"role": "assistant", "content": content, "metadata": {"id": mark}}


def _written(text: str) -> dict[str, str]:
    # Not a plain string: gradio takes the indentation off those.
    return {"type": "text", "text": text}


def _literal(text: str) -> str:
    """Markdown that shows exactly `text`: on the page `<image>` and `2*3*4` stay what they are."""
    return _PUNCTUATION.sub(r"\\\g<0>", text)


def _as_written(literal: str) -> str:
    """What `_literal` was made from."""
    return _ESCAPED.sub(r"\g<1>", literal)


def tidy(history: Sequence[Mapping[str, Any]] | None) -> list[Shown]:
    """The history as this module makes it: whatever else a client put into it is left out.

    Gradio would build any component that a message names; only text and files are known here.
    """
    return [
        {
            "role": "user" if shown["role"] == "user" else "assistant",
            "content": [part for part in shown["content"] if part["type"] in ("text", "file")],
            "metadata": {"id": mark} if (mark := _mark(shown)) else {},
        }
        for shown in history or []
        if _mark(shown) != _UNDER_WAY
    ]


def without_lost(history: Sequence[Shown]) -> list[Shown]:
    """The history without exchanges about files that are gone from here, but for the last question.

    Uploads are deleted after some hours, and a page may be open for longer.
    """
    kept: list[Shown] = []
    gone = False
    for at, shown in enumerate(history):
        if shown["role"] == "user":
            last = at == len(history) - 1
            gone = not last and not all(is_kept(path) for path in _files_of([shown]))
        if not gone:
            kept.append(shown)
    return kept


def to_messages(history: Sequence[Mapping[str, Any]], system: str | None = None) -> list[Message]:
    """The whole conversation for the model; `system` replaces the template's own text.

    Reads every file, so it may take a while: not for the event loop. Raises MediaError, and
    UnsupportedInputError where a message is too long.
    """
    exchanges = _answered(history)
    DEFAULT_LIMITS.check_files(len(_files_of(exchanges)))
    for shown in exchanges:
        DEFAULT_LIMITS.check_text(_as_written(_text(shown)))
    messages = [] if system is None else [Message.system(system)]
    return [*messages, *map(_message, exchanges)]


def _answered(history: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The history without small print, problems, and questions that got no answer."""
    kept: list[Mapping[str, Any]] = []
    for shown in history:
        mark = _mark(shown)
        if mark in (_NOTE, _UNDER_WAY):
            continue
        asked_in_vain = bool(kept) and kept[-1]["role"] == "user"
        if asked_in_vain and (mark == _PROBLEM or shown["role"] == "user"):
            kept.pop()
        if mark != _PROBLEM:
            kept.append(shown)
    return kept


def _mark(shown: Mapping[str, Any]) -> str | None:
    mark = _id(shown).partition(" ")[0]
    return mark if mark in (_NOTE, _PROBLEM, _UNDER_WAY) else None


def _id(shown: Mapping[str, Any]) -> str:
    return str((shown.get("metadata") or {}).get("id") or "")


def _message(shown: Mapping[str, Any]) -> Message:
    text = _text(shown)
    if shown["role"] == "assistant":
        return Message.assistant(text)
    parts = tuple(map(_part, shown["content"]))
    spoken = any(isinstance(part, MediaPart) and part.media.modality == "audio" for part in parts)
    asks = spoken or text.strip()
    return Message("user", parts if asks else (*parts, TextPart(WORDLESS_QUESTION)))


def _text(shown: Mapping[str, Any]) -> str:
    return "\n".join(part["text"] for part in shown["content"] if part["type"] == "text")


def _files_of(history: Sequence[Mapping[str, Any]]) -> list[Path]:
    parts = [part for shown in history for part in shown["content"] if part["type"] == "file"]
    return [Path(part["file"]["path"]) for part in parts]


def _part(part: Mapping[str, Any]) -> Part:
    if part["type"] == "text":
        return TextPart(_as_written(part["text"]))
    return MediaPart(read_upload(Path(part["file"]["path"])))
