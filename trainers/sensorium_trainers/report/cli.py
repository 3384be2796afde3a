"""`sensorium report FOLDER`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("report")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def report(folder: Path) -> None:
    """Write report.html about a training run, finished or not: curves, answers, settings.

    FOLDER is the `output` of the recipe.
    """
    from . import write_report

    click.echo(write_report(folder))
