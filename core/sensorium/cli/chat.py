"""`sensorium chat`: chat with a model in the terminal, or through a pipe."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

import click

from sensorium.debug import explained
from sensorium.errors import ConfigError, SensoriumError, suggestion
from sensorium.text_files import EncodingError, piped_lines

from .common import build, model_option, plan_of
from .conversation import Conversation
from .decoding import chosen, decoding_options

HELP = """\
/image FILE ...  attach pictures; press Enter to send them, or add text first
/audio FILE ...  attach recordings, in the same way
/reset           clear the conversation and the attachments
/history         show the conversation
/quit            leave (also Ctrl-D)
//text           send a message that begins with a slash
Ctrl-C stops an answer; at the prompt it leaves."""

COMMANDS = ("/image", "/audio", "/reset", "/history", "/help", "/quit")


@click.command("chat")
@model_option
@decoding_options
@click.pass_context
def chat(
    context: click.Context,
    /,
    model: str,
    overrides: tuple[str, ...],
    system: str | None,
    **decoding: Any,
) -> None:
    """Chat with a model; /help lists the commands you can type.

    Also reads lines from a pipe: answers go to stdout, everything else to stderr, and the exit
    status is 1 if any line failed.
    """
    given = chosen(decoding)
    plan = plan_of(context, model, overrides)
    options = plan.recipe.generation.model_copy(update=given)
    conversation = Conversation(build(plan), options, system)
    interactive = sys.stdin.isatty() and sys.stdout.isatty()
    if interactive:
        takes = ", ".join(["text", *plan.modalities])
        _notice(f"{plan.source} takes {takes}. /help lists commands; Ctrl-C stops an answer.")
    failed = False
    for line in _typed() if interactive else _piped():
        try:
            if not _obey(conversation, line.strip()):
                break
        except SensoriumError as error:
            failed = True
            _notice(f"Error: {explained(error)}")
    if failed and not interactive:
        context.exit(1)


def _obey(conversation: Conversation, line: str) -> bool:
    """Handle one line; False if it asks to quit."""
    if line.startswith("//"):
        conversation.say(line[1:])
    elif not line.startswith("/"):
        if line or conversation.asks:
            conversation.say(line)
    else:
        command, _, rest = line.partition(" ")
        if command in ("/image", "/audio"):
            for attached in conversation.attach(rest.strip(), command[1:]):
                _notice(f"Attached {attached}; it goes with your next message.")
        elif command == "/reset":
            conversation.reset()
            _notice("A new conversation.")
        elif command == "/history":
            click.echo("\n".join(conversation.history()) or "Nothing was said yet.")
        elif command == "/help":
            click.echo(HELP)
        elif command == "/quit":
            return False
        else:
            hint = suggestion(command, COMMANDS) or "See: /help"
            raise SensoriumError(f"No command '{command}'", hint=hint.rstrip())
    return True


def _typed() -> Iterator[str]:
    """Lines typed at the prompt, with editing and history if readline exists."""
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401 - importing it is what gives input() editing
    while True:
        try:
            yield input("> ")
        except EOFError:
            click.echo()
            return


def _piped() -> Iterator[str]:
    try:
        yield from piped_lines(sys.stdin.buffer)
    except EncodingError as error:
        raise ConfigError(f"The lines from the pipe cannot be read: {error}") from error


def _notice(text: str) -> None:
    click.echo(text, err=True)
