"""Serves a page with its limits: nothing but the page's own files, nothing to anyone else."""

from __future__ import annotations

import threading
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from sensorium.errors import SensoriumError
from sensorium.limits import DEFAULT_LIMITS

from .appearance import CSS, theme
from .guard import Guard
from .scripts import HEAD

OPTIONS: dict[str, Any] = {
    "allowed_paths": [],
    "max_file_size": DEFAULT_LIMITS.file_bytes,
    "enable_monitoring": False,
    "mcp_server": False,
    "pwa": False,
    "ssr_mode": False,
    "run_history": False,
    "show_error": False,
    "footer_links": [],
    "state_session_capacity": 1000,
    "quiet": True,
    "prevent_thread_lock": True,
}


def launch(
    page: gr.Blocks, *, host: str | None = None, port: int | None = None, share: bool = False
) -> str:
    """Serve `page` in the background until `page.close()`; → its address.

    Where they are left out, GRADIO_SERVER_NAME and GRADIO_SERVER_PORT say host and port.
    Raises SensoriumError where the port is taken.
    """
    try:
        _, local, public = page.launch(
            server_name=host,
            server_port=port,
            share=share,
            app_kwargs={"middleware": [Middleware(Guard)], "docs_url": None, "redoc_url": None},
            theme=theme(),
            css_paths=CSS,
            head=HEAD,
            **OPTIONS,
        )
    except OSError as error:
        raise SensoriumError(
            f"The page cannot be served at port {port}: it is taken", hint="Choose another --port"
        ) from error
    return str(public or local)


def wait(page: gr.Blocks) -> None:
    """Until Ctrl-C; then the page is closed."""
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        pass
    finally:
        page.close(verbose=False)
