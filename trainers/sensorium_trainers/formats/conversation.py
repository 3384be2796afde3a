"""`[{"role", "content"}]` as OpenAI's interface writes it → messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast, get_args

from sensorium.errors import SampleError
from sensorium.messages import MediaPart, Message, Part, Role, TextPart

from sensorium_trainers.errors import NOTHING_SAID

from .attachments import Attachments, Modality

_MODALITIES: Mapping[str, Modality] = {
    "image_url": "image",
    "image": "image",
    "input_audio": "audio",
    "audio_url": "audio",
    "audio": "audio",
}


def conversation(turns: Any, attachments: Attachments) -> tuple[Message, ...]:
    """Messages with their media read; SampleError where the form is another.

    Media that came with the record and stand nowhere in the text are shown first of all.
    """
    if not isinstance(turns, list) or not turns:
        raise SampleError("It has no list of messages")
    brought = len(attachments.left)
    messages = answered(_message(turn, attachments) for turn in turns)
    if attachments.left and len(attachments.left) == brought:
        return _shown_first(messages, attachments)
    if attachments.left:
        raise SampleError(f"{brought} media, but places for {brought - len(attachments.left)}")
    return messages


def answered(messages: Iterable[Message]) -> tuple[Message, ...]:
    """A conversation of any format; SampleError where no answer in it has words."""
    messages = tuple(messages)
    if not any(message.is_answer for message in messages):
        raise SampleError(NOTHING_SAID)
    return messages


def _shown_first(messages: tuple[Message, ...], attachments: Attachments) -> tuple[Message, ...]:
    for number, message in enumerate(messages):
        if message.role == "user":
            parts = (*map(MediaPart, attachments.left), *message.parts)
            return (*messages[:number], Message("user", parts), *messages[number + 1 :])
    raise SampleError("It has media, but the user says nothing")


def _message(turn: Any, attachments: Attachments) -> Message:
    role, content = _entry(turn, "role"), _entry(turn, "content")
    if role not in get_args(Role):
        raise SampleError(f"A message has the role {role!r}; known are {', '.join(get_args(Role))}")
    if isinstance(content, str):
        return Message(cast(Role, role), (TextPart(content),))
    if not isinstance(content, list):
        raise SampleError(f"The content of a message ({role}) is neither text nor a list of parts")
    parts = tuple(_part(part, attachments) for part in content)
    if role != "user" and any(isinstance(part, MediaPart) for part in parts):
        raise SampleError(f"A message of the {role} holds media; only the user may show any")
    return Message(cast(Role, role), parts)


def _part(part: Any, attachments: Attachments) -> Part:
    kind = _entry(part, "type")
    if kind == "text":
        text = _entry(part, "text")
        if not isinstance(text, str):
            raise SampleError("A part of the type 'text' has no text")
        return TextPart(text)
    if not isinstance(kind, str) or kind not in _MODALITIES:
        raise SampleError(
            f"A part has the type {kind!r}; known are {', '.join(['text', *_MODALITIES])}"
        )
    modality = _MODALITIES[kind]
    named = attachments.read(modality, _entry(part, kind)) or attachments.read(modality, part)
    return MediaPart(named or attachments.next(modality))


def _entry(holder: Any, key: str) -> Any:
    return holder.get(key) if isinstance(holder, Mapping) else None
