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
        summary="Transcribe a recording.",
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
        summary="Convert a model into a bundle for a faster backend.",
        load=_from("sensorium.cli.convert", "convert"),
    ),
    Command(
        name="plugins",
        summary="List plugins and where they come from.",
        load=_from("sensorium.cli.plugins", "plugins"),
    ),
    Command(
        name="config",
        summary="Show and check recipes.",
        load=_from("sensorium.cli.config", "config"),
    ),
    Command(
        name="bench",
        summary="Measure how fast a model is here, phase by phase.",
        load=_from("sensorium.cli.bench", "bench"),
    ),
    Command(
        name="doctor",
        summary="Check this machine and what a model needs.",
        load=_from("sensorium.cli.doctor", "doctor"),
    ),
)
