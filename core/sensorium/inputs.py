"""What a person hands to an engine → messages and options; what is unambiguous is taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, get_args

from .config import validate
from .errors import InputTypeError
from .generation import GenerationOptions
from .media.given import is_media
from .messages import Message, Role, question_of

if TYPE_CHECKING:
    from .messages import Content

    Conversation = (
        Message | Mapping[str, Any] | Content | Iterable[Message | Mapping[str, Any] | Content]
    )
    """See `as_messages`."""

    GivenOptions = GenerationOptions | Mapping[str, Any] | None

_EXAMPLE = "ask('hello'), ask([picture, 'What is this?']) or ask([Message.user(…), …])"


def as_messages(given: Conversation) -> tuple[Message, ...]:
    """A conversation: its messages, also as `{"role": …, "content": …}`; or one question alone.

    One question is a text, a picture or a recording, a message, or a list of pictures and
    recordings with one text at most. Of several texts in a list nobody can tell who said them:
    InputTypeError, as for anything else.
    """
    if isinstance(given, Message | Mapping):
        return (_message(given),)
    if isinstance(given, str) or is_media(given):
        return (question_of(given),)  # type: ignore[arg-type]  # no iterable of messages
    if not isinstance(given, Iterable):
        raise InputTypeError(f"{type(given).__name__} is no conversation", hint=f"Try {_EXAMPLE}")
    items: tuple[Any, ...] = tuple(given)
    if all(isinstance(item, Message | Mapping) for item in items):
        return tuple(map(_message, items))
    if any(isinstance(item, Message | Mapping) for item in items):
        raise InputTypeError(
            "A conversation is made of messages alone",
            hint="Write Message.user(…) around what is not one yet.",
        )
    if sum(isinstance(item, str) for item in items) > 1:
        raise InputTypeError(
            "Of several texts nobody can tell who said them",
            hint="Give messages: Message.user(…), Message.assistant(…), …",
        )
    return (question_of(*items),)


def as_options(given: GivenOptions, usual: GenerationOptions) -> GenerationOptions:
    """`usual`, or other options in their place; a dict changes only what it names.

    ConfigError names a key or a value that cannot be, InputTypeError what is no options at all.
    """
    if given is None:
        return usual
    if isinstance(given, GenerationOptions):
        return given
    if not isinstance(given, Mapping):
        hint = "Give GenerationOptions, or a dict such as {'max_tokens': 64}."
        if isinstance(given, str):
            hint = "A picture with a text is a list: ask([picture, 'What is this?'])"
        raise InputTypeError(f"{type(given).__name__} is no options", hint=hint)
    return validate(GenerationOptions, {**usual.model_dump(), **given}, source="options")


def as_overrides(given: str | Iterable[str]) -> tuple[str, ...]:
    """`KEY=VALUE`, one or several; InputTypeError where they are no texts."""
    pairs: tuple[Any, ...] = (given,) if isinstance(given, str) else ()
    if not pairs and isinstance(given, Iterable) and not isinstance(given, Mapping):
        pairs = tuple(given)
    elif not pairs:
        pairs = (given,)
    for pair in pairs:
        if not isinstance(pair, str):
            raise InputTypeError(
                f"{type(pair).__name__} is no override",
                hint="Give texts KEY=VALUE: load('pocket', ['llm.dtype=float32'])",
            )
    return pairs


def _message(given: Message | Mapping[str, Any]) -> Message:
    if isinstance(given, Message):
        return given
    if given.keys() != {"role", "content"}:
        raise InputTypeError(
            f"A message has the keys role and content, not {', '.join(map(str, given)) or 'none'}",
            hint="Or write Message.user(…).",
        )
    role, roles = given["role"], get_args(Role)
    if not isinstance(role, str) or role not in roles:
        raise InputTypeError(f"{role!r} is no role", hint=f"Give one of {', '.join(roles)}.")
    content = given["content"]
    several = isinstance(content, list | tuple)
    made = Message.user(*(content if several else [content]))
    return Message(role, made.parts)  # type: ignore[arg-type]  # one of them
