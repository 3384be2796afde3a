"""`sensorium app`: the chat page in a browser."""

from __future__ import annotations

from typing import Any

import click

from sensorium.cli.common import build, model_option, plan_of, registry_of
from sensorium.cli.interrupting import AtOnce
from sensorium.errors import MissingPackageError

from .address import require_address


@click.command("app")
@model_option
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0: the whole network.")
@click.option("--port", default=7860, show_default=True, type=click.IntRange(1, 65535))
@click.option("--share", is_flag=True, help="A public address through gradio's servers.")
@click.pass_context
def app(
    context: click.Context,
    /,
    model: str,
    overrides: tuple[str, ...],
    host: str,
    port: int,
    share: bool,
) -> None:
    """Open the chat page in a browser; Ctrl-C ends it."""
    require_address(host, port)  # before anything is loaded
    page, serving = _modules()
    plan = plan_of(context, model, overrides)
    demo = page.page_of(build(plan), model, registry_of(context))
    address = serving.launch(demo, host=host, port=port, share=share)
    click.echo(f"The page is at {address} (Ctrl-C ends it)")
    serving.wait(demo)


def _modules() -> tuple[Any, Any]:
    try:
        with AtOnce():
            from . import page, serving
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "gradio":
            raise
        raise MissingPackageError("gradio", "The chat page", extra="app") from error
    return page, serving
