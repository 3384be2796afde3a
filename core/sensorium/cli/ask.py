"""`sensorium ask`: one question, one streamed answer."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from .common import (
    build,
    check_senses,
    echo_json,
    json_option,
    model_option,
    plan_of,
    read_picture,
)
from .decoding import chosen, decoding_options

if TYPE_CHECKING:
    from sensorium.answer import Answer
    from sensorium.engine import AnswerStream

LONGEST_QUESTION = 2**20
"""Characters read from stdin; far more than any context window holds."""


@click.command("ask")
@click.argument("question", nargs=-1, required=True)
@click.option(
    "--image", "images", multiple=True, metavar="FILE", help="A picture; may be repeated."
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
    model: str,
    overrides: tuple[str, ...],
    system: str | None,
    as_json: bool,
    **decoding: Any,
) -> None:
    """Answer QUESTION about the given pictures; `-` reads it from stdin.

    \b
    sensorium ask --image scene.png "What do you see?"
    """
    from sensorium.messages import Message

    options = chosen(decoding)
    text = _question(question)
    pictures = [read_picture(path) for path in images]
    plan = plan_of(context, model, overrides)
    check_senses(plan, pictures)
    messages = [Message.system(system)] if system is not None else []
    messages.append(Message.user(*pictures, text))
    engine = build(plan)
    stream = engine.stream(messages, plan.recipe.generation.model_copy(update=options))
    if as_json:
        echo_json({"model": model, "images": list(images), **_as_dict(stream.answer)})
    else:
        _write(stream)


def _question(words: tuple[str, ...]) -> str:
    text = " ".join(words)
    if text == "-":
        text = sys.stdin.read(LONGEST_QUESTION + 1).rstrip("\n")
    if len(text) > LONGEST_QUESTION:
        raise click.UsageError(f"The question is longer than {LONGEST_QUESTION} characters.")
    if not text.strip():
        raise click.UsageError("The question is empty.")
    return text


def _write(stream: AnswerStream) -> None:
    begun = False
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
