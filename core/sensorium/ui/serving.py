"""Serves a page with its limits: nothing but the page's own files, nothing to anyone else."""

from __future__ import annotations

import threading
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from .address import require_address, taken
from .appearance import CSS, theme
from .conversation import AUDIO_LIMITS, IMAGE_LIMITS
from .guard import Guard

OPTIONS: dict[str, Any] = {
    "allowed_paths": [],
    "max_file_size": max(IMAGE_LIMITS.max_bytes, AUDIO_LIMITS.max_bytes),
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
    Raises ConfigError where the host is none of this machine, SensoriumError for a taken port.
    """
    require_address(host, port)
    try:
        _, local, public = page.launch(
            server_name=host,
            server_port=port,
            share=share,
            app_kwargs={"middleware": [Middleware(Guard)], "docs_url": None, "redoc_url": None},
            theme=theme(),
            css_paths=CSS,
            **OPTIONS,
        )
    except OSError as error:
        raise taken(port) from error  # just now
    return str(public or local)


def wait(page: gr.Blocks) -> None:
    """Until Ctrl-C; then the page is closed."""
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        pass
    finally:
        page.close(verbose=False)
