"""`sensorium convert`: a bundle whose parts run on faster backends."""

from __future__ import annotations

from pathlib import Path

import click

from .common import plan_of, registry_of, settings_option


@click.command("convert")
@click.argument("source")
@click.option(
    "--output",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the new bundle; an existing one is replaced.",
)
@click.option(
    "--only",
    multiple=True,
    metavar="PART",
    help="Convert only this part: llm, or a modality such as image. Repeatable.",
)
@settings_option
@click.pass_context
def convert(
    context: click.Context,
    source: str,
    output: Path,
    only: tuple[str, ...],
    overrides: tuple[str, ...],
) -> None:
    """Convert SOURCE, a bundle or a recipe, into a bundle for a faster backend.

    CLIP and Phi models, in plain weights or quantized with GPTQ or AWQ, are converted for ONNX
    Runtime:

    \b
    sensorium convert configs/phi2-gptq-cpu.yaml --output phi2
    sensorium chat --model phi2
    """
    from sensorium.conversion import convert_bundle

    plan = plan_of(context, source, overrides)
    convert_bundle(plan, output, registry=registry_of(context), only=only)
    click.echo(f"{output}: sensorium chat --model {output}")
