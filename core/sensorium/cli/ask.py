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
from .interrupting import AtOnce

if TYPE_CHECKING:
    from sensorium.answer import Answer
    from sensorium.engine import AnswerStream

LONGEST_QUESTION = 2**20
"""In characters; far more than any context window holds."""


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

    A recording can be the question; a picture alone asks what can be seen.

    \b
    sensorium ask --image scene.png "How many cats are there?"
    sensorium ask --image scene.png --audio question.wav
    """
    context.with_resource(AtOnce())
    from sensorium.messages import Message, question_of

    options = chosen(decoding)
    text = _question(question, optional=bool(images or recordings))
    media = [*map(read_picture, images), *map(read_recording, recordings)]
    plan = plan_of(context, model, overrides)
    check_senses(plan, media)
    messages = [Message.system(system)] if system is not None else []
    messages.append(question_of(*media, *([text] if text else [])))
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
    text = " ".join(words)
    if text == "-":
        text = _piped()
    if len(text) > LONGEST_QUESTION:
        raise click.UsageError(f"The question is longer than {LONGEST_QUESTION} characters.")
    if not text.strip() and not optional:
        raise click.UsageError("The question is empty.")
    return text


def _piped() -> str:
    from sensorium.text_files import EncodingError, decode_leniently, refuse_other_encodings

    data = sys.stdin.buffer.read(4 * LONGEST_QUESTION + 4)
    try:
        refuse_other_encodings(data)
    except EncodingError as error:
        raise click.UsageError(f"The question cannot be read: {error}.") from error
    return decode_leniently(data).replace("\r\n", "\n").rstrip("\n")


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
