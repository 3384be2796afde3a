"""`sensorium ask`: one question, one streamed answer."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from .common import (
    build,
    check_senses,
    echo_heard,
    echo_json,
    json_option,
    model_option,
    plan_of,
    read_picture,
    read_recording,
)
from .decoding import chosen, decoding_options

if TYPE_CHECKING:
    from sensorium.answer import Answer
    from sensorium.engine import AnswerStream


@click.command("ask")
@click.argument("question", nargs=-1)
@click.option(
    "--image", "images", multiple=True, metavar="FILE", help="A picture; may be repeated."
)
@click.option(
    "--audio", "recordings", multiple=True, metavar="FILE", help="A recording; may be repeated."
)
@model_option
@decoding_options
@json_option
@click.pass_context
def ask(
    context: click.Context,
    /,
    question: tuple[str, ...],
    images: tuple[str, ...],
    recordings: tuple[str, ...],
    model: str,
    overrides: tuple[str, ...],
    system: str | None,
    as_json: bool,
    **decoding: Any,
) -> None:
    """Answer QUESTION about the given pictures and recordings; `-` reads it from stdin.

    A recording may ask by itself.

    \b
    sensorium ask --image scene.png "What do you see?"
    sensorium ask --image scene.png --audio question.wav
    """
    from sensorium.limits import DEFAULT_LIMITS
    from sensorium.messages import Message

    options = chosen(decoding)
    text = _question(question, optional=bool(recordings))
    DEFAULT_LIMITS.check_files(len(images) + len(recordings))
    media = [*map(read_picture, images), *map(read_recording, recordings)]
    plan = plan_of(context, model, overrides)
    check_senses(plan, media)
    messages = [Message.system(system)] if system is not None else []
    messages.append(Message.user(*media, *([text] if text else [])))
    engine = build(plan)
    stream = engine.stream(messages, plan.recipe.generation.model_copy(update=options))
    if as_json:
        given = {"model": model, "images": list(images), "audio": list(recordings)}
        echo_json(given | _as_dict(stream.answer))
    else:
        _write(stream)


def _question(words: tuple[str, ...], *, optional: bool) -> str:
    if not words and not optional:
        raise click.UsageError("Missing argument 'QUESTION...'.")
    from sensorium.limits import DEFAULT_LIMITS

    text = " ".join(words)
    if text == "-":
        text = sys.stdin.read(DEFAULT_LIMITS.characters + 2).rstrip("\n")
    DEFAULT_LIMITS.check_text(text)
    if not text.strip() and not optional:
        raise click.UsageError("The question is empty.")
    return text


def _write(stream: AnswerStream) -> None:
    begun = False
    echo_heard(stream.hear())
    try:
        for text in stream:
            begun = True
            click.echo(text, nl=False)
    except Exception:
        if begun:
            click.echo()
        raise
    click.echo()


def _as_dict(answer: Answer) -> dict[str, Any]:
    usage = answer.usage
    return {
        "text": answer.text,
        "transcripts": [asdict(transcript) for transcript in answer.transcripts],
        "finish_reason": answer.finish_reason,
        "usage": {
            "prompt": usage.prompt,
            "reused": usage.reused,
            "completion": usage.completion,
        },
        "seconds": {
            "first_text": round(answer.first_text_seconds, 4),
            "total": round(answer.total_seconds, 4),
        },
    }
