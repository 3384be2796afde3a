"""The built-in commands. Importing this imports none of them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import click

from sensorium.specs import Command


def _from(module: str, name: str) -> Callable[[], click.Command]:
    def load() -> click.Command:
        command: click.Command = getattr(import_module(module), name)
        return command

    return load


COMMANDS: tuple[Command, ...] = (
    Command(
        name="ask",
        summary="One question, one streamed answer.",
        load=_from("sensorium.cli.ask", "ask"),
    ),
    Command(
        name="chat",
        summary="Talk with a model in the terminal.",
        load=_from("sensorium.cli.chat", "chat"),
    ),
    Command(
        name="transcribe",
        summary="Write down what is said in a recording.",
        load=_from("sensorium.cli.transcribe", "transcribe"),
    ),
    Command(
        name="app",
        summary="Open the chat page in a browser.",
        load=_from("sensorium.ui.cli", "app"),
    ),
    Command(
        name="eval",
        summary="Score a model on a registered task.",
        load=_from("sensorium.cli.evaluate", "evaluate"),
    ),
    Command(
        name="convert",
        summary="Make a bundle that a quicker backend runs.",
        load=_from("sensorium.cli.convert", "convert"),
    ),
    Command(
        name="plugins",
        summary="What is installed and where it comes from.",
        load=_from("sensorium.cli.plugins", "plugins"),
    ),
    Command(
        name="config",
        summary="Show and check recipes.",
        load=_from("sensorium.cli.config", "config"),
    ),
    Command(
        name="bench",
        summary="How fast a model is here, and where the time goes.",
        load=_from("sensorium.cli.bench", "bench"),
    ),
    Command(
        name="doctor",
        summary="Check this machine, and what a model needs of it.",
        load=_from("sensorium.cli.doctor", "doctor"),
    ),
)
