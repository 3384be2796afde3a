"""`sensorium quantize RECIPE`."""

from __future__ import annotations

from pathlib import Path

import click
from sensorium.cli.common import registry_of, settings_option
from sensorium.limits import MOST_SAMPLES


@click.command("quantize")
@click.argument("recipe", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--method",
    type=click.Choice(["gptq"]),
    default="gptq",
    show_default=True,
    help="How the weights are rounded.",
)
@click.option("--bits", type=click.Choice(["4", "8"]), default="4", show_default=True, help="Bits.")
@click.option(
    "--group-size",
    type=click.IntRange(16, 65_536),
    default=128,
    show_default=True,
    help="Inputs that share a scale; it must divide the model's widths.",
)
@click.option(
    "--samples",
    type=click.IntRange(1, MOST_SAMPLES),
    default=128,
    show_default=True,
    help="Samples of the recipe's data that show which inputs matter.",
)
@click.option(
    "--held-out",
    type=click.IntRange(1, MOST_SAMPLES),
    default=64,
    show_default=True,
    help="Further samples on which the models before and after are compared.",
)
@click.option(
    "--tolerance",
    type=click.FloatRange(0, 100),
    default=2.0,
    show_default=True,
    help="Percentage points of accuracy that may be lost; beyond, nothing is written.",
)
@click.option(
    "--output",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the new bundle; its folder llm is the GPTQ checkpoint.",
)
@settings_option
@click.pass_context
def quantize(
    context: click.Context,
    recipe: Path,
    method: str,
    bits: str,
    group_size: int,
    samples: int,
    held_out: int,
    tolerance: float,
    output: Path,
    overrides: tuple[str, ...],
) -> None:
    """Round the language model of a training recipe to few bits, and prove that it still answers.

    The model that the recipe starts from is calibrated on the recipe's own data, pictures and
    sounds in their places. An adapter is merged first; encoders and projectors stay as they are.

    \b
    sensorium quantize instruct.yaml --set model=runs/instruct/bundle --output phi2-gptq
    sensorium convert phi2-gptq --output phi2-cpu
    """
    from sensorium_trainers.recipe import load_training_recipe

    from .gptq import GptqSettings
    from .run import quantize_bundle

    quantize_bundle(
        load_training_recipe(recipe, overrides),
        registry_of(context),
        GptqSettings(int(bits), group_size),
        output,
        samples=samples,
        held_out=held_out,
        tolerance=tolerance,
        report=click.echo,
    )
