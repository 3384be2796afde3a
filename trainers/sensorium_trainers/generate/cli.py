"""`sensorium data`: corpora to train on."""

from __future__ import annotations

from pathlib import Path

import click
from sensorium.cli.common import settings_option

from sensorium_trainers.corpus.cli import pack_corpus, write_tar_shards


@click.group("data")
def data() -> None:
    """Make corpora to train on, and features ahead of training."""


data.add_command(pack_corpus)
data.add_command(write_tar_shards)


@data.command("generate")
@click.option(
    "--config",
    "config",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The corpus recipe (YAML).",
)
@settings_option
@click.option("--dry-run", is_flag=True, help="Show the first prompts, ask nothing, and stop.")
def generate_corpus(config: Path, overrides: tuple[str, ...], dry_run: bool) -> None:
    """Have a language model on a server write a corpus; goes on where it was stopped.

    Any OpenAI-compatible server, or Ollama. Each answer is kept on disk once it is whole; the
    output is written from these at the end, in the order of the samples.
    """
    from .recipe import load_corpus_recipe
    from .run import Corpus, generate

    recipe = load_corpus_recipe(config, overrides)
    if dry_run:
        corpus = Corpus(recipe)
        for index in range(min(3, recipe.samples)):
            for message in corpus.request(index).messages:
                click.echo(f"{message['role']}: {message['content']}")
        endpoint = recipe.endpoint
        click.echo(f"{recipe.samples:,} samples of {endpoint.model} at {endpoint.base_url}")
        return
    try:
        counts = generate(recipe, lambda line: click.echo(line, err=True))
    except KeyboardInterrupt:
        click.echo("Stopped. Answers are kept; run the same command again to go on.", err=True)
        raise
    click.echo(f"{recipe.output}: {counts}")
