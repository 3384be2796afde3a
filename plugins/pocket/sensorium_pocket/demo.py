"""`sensorium demo`: three questions about two shipped pictures."""

from __future__ import annotations

import click
from sensorium import Message, load, read_image

from .examples import RECORDING, examples

QUESTIONS = 3


@click.command("demo")
def demo() -> None:
    """Ask the pocket model three questions about two pictures."""
    engine = load("pocket")
    for path, question in examples()[:QUESTIONS]:
        click.echo(f"{path}\n  > {question}\n  ", nl=False)
        for text in engine.stream([Message.user(read_image(path), question)]):
            click.echo(text, nl=False)
        click.echo("\n")
    click.echo("Ask your own:  sensorium ask --image PICTURE 'What do you see?'")
    click.echo(f"Ask by voice:  sensorium ask --image {path} --audio {RECORDING}")
    click.echo("Open the page: sensorium app   (then http://127.0.0.1:7860)")
