"""What the page shows ↔ what the model reads. No gradio here: its history is plain dicts.

A message on the page is `{"role", "content": [parts], "metadata"}`; a part is
`{"type": "text", "text"}` or `{"type": "file", "file": {"path", …}}`. What the page adds for the
reader only (small print, errors) is marked by its metadata and never reaches the model.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from sensorium.contracts import Transcript
from sensorium.errors import MediaError, SensoriumError
from sensorium.media.audio import AudioLimits, is_recording, read_audio
from sensorium.media.images import ImageLimits, read_image
from sensorium.messages import Media, MediaPart, Message, Part, TextPart

Shown = dict[str, Any]
"""One message as gradio shows it."""

WORDLESS_QUESTION = "What do you see?"
"""What a message that is only a picture asks: whoever just shows something wants to hear that."""

MAX_MEDIA = 8
MAX_TEXT = 20_000  # letters in one message
IMAGE_LIMITS = ImageLimits(max_bytes=10 * 2**20)
AUDIO_LIMITS = AudioLimits(max_seconds=120)
"""Two minutes: whoever waits for an answer asks no longer question."""

Reader = Callable[[BinaryIO], Media]
READERS: Mapping[str, Reader] = {
    "image": lambda file: read_image(file, IMAGE_LIMITS),
    "audio": lambda file: read_audio(file, AUDIO_LIMITS),
}
"""How a file of each modality is read; a modality is also what gradio calls a file type."""

_NOTE, _PROBLEM = "note", "problem"
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


def waits(history: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the last message is a person's, so that an answer is due."""
    return bool(history) and history[-1]["role"] == "user"


def tidy(history: Sequence[Mapping[str, Any]]) -> list[Shown]:
    """The history as this module makes it: whatever else a client put into it is left out.

    Gradio would build any component that a message names; only text and files are known here.
    """
    return [
        {
            "role": "user" if shown["role"] == "user" else "assistant",
            "content": [part for part in shown["content"] if part["type"] in ("text", "file")],
            "metadata": {"id": mark} if (mark := _mark(shown)) else {},
        }
        for shown in history
    ]


def until(history: Sequence[Shown], index: int | Sequence[int]) -> list[Shown]:
    """The history up to and with the last question at or before `index`."""
    end = index if isinstance(index, int) else index[0]
    questions = [at for at, shown in enumerate(history[: end + 1]) if shown["role"] == "user"]
    return list(history[: questions[-1] + 1]) if questions else []


def to_messages(history: Sequence[Mapping[str, Any]], system: str | None = None) -> list[Message]:
    """The whole conversation for the model; `system` replaces the template's own text.

    Reads every file, so it may take a while: not for the event loop. Raises MediaError, and
    SensoriumError where a message is too long.
    """
    exchanges = _answered(history)
    count = sum(part["type"] == "file" for shown in exchanges for part in shown["content"])
    if count > MAX_MEDIA:
        raise MediaError(
            f"There are {count} files in this conversation; at most {MAX_MEDIA} are read.",
            hint="Start a new one.",
        )
    messages = [] if system is None else [Message.system(system)]
    return [*messages, *map(_message, exchanges)]


def _answered(history: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The history without small print, problems, and questions that got no answer."""
    kept: list[Mapping[str, Any]] = []
    for shown in history:
        mark = _mark(shown)
        if mark == _NOTE:
            continue
        asked_in_vain = bool(kept) and kept[-1]["role"] == "user"
        if asked_in_vain and (mark == _PROBLEM or shown["role"] == "user"):
            kept.pop()
        if mark != _PROBLEM:
            kept.append(shown)
    return kept


def _mark(shown: Mapping[str, Any]) -> str | None:
    mark = (shown.get("metadata") or {}).get("id")
    return mark if mark in (_NOTE, _PROBLEM) else None


def _message(shown: Mapping[str, Any]) -> Message:
    text = _text(shown)
    if shown["role"] == "assistant":
        return Message.assistant(text)
    if len(_as_written(text)) > MAX_TEXT:
        raise SensoriumError(f"The message is longer than {MAX_TEXT} letters.", hint="Shorten it.")
    parts = tuple(map(_part, shown["content"]))
    spoken = any(isinstance(part, MediaPart) and part.media.modality == "audio" for part in parts)
    asks = spoken or text.strip()
    return Message("user", parts if asks else (*parts, TextPart(WORDLESS_QUESTION)))


def _text(shown: Mapping[str, Any]) -> str:
    return "\n".join(part["text"] for part in shown["content"] if part["type"] == "text")


def _part(part: Mapping[str, Any]) -> Part:
    if part["type"] == "text":
        return TextPart(_as_written(part["text"]))
    return MediaPart(_read(Path(part["file"]["path"])))


def _read(path: Path) -> Media:
    """Read a file that gradio vouched for: it lets through only what was uploaded to it."""
    try:
        with path.open("rb") as file:
            modality = "audio" if is_recording(file.read(12)) else "image"
            file.seek(0)
            return READERS[modality](file)
    except OSError as error:
        # The error's own text holds the server's path.
        raise MediaError("This file is no longer kept here.", hint="Send it again.") from error
