"""Where a page is to be served: looked at before a model is loaded, and told in words."""

from __future__ import annotations

import errno
import os
import socket

from sensorium.errors import ConfigError, SensoriumError

HOST, PORT = "GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT"
"""Environment variables, which gradio reads where nothing else is said."""

_HOSTS = "Give 127.0.0.1 (this machine alone) or 0.0.0.0 (the whole network)."


def require_address(host: str | None, port: int | None) -> None:
    """ConfigError where `host` is no address of this machine, SensoriumError where `port` is taken.

    What is left out the environment says; without a port gradio looks for a free one.
    """
    host = host or os.environ.get(HOST) or "127.0.0.1"
    port = _port() if port is None else port
    name = host.removeprefix("[").removesuffix("]")  # as an IPv6 address stands in a browser
    try:
        family, kind, _, _, place = socket.getaddrinfo(name, port or 0, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"There is no host '{host}'", hint=_HOSTS) from error
    try:
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
            probe.listen()
    except OSError as error:
        raise _refusal(error, host, port) from error


def taken(port: int | None) -> SensoriumError:
    """Nobody else can be served there."""
    return SensoriumError(
        f"The page cannot be served at port {port}: it is taken", hint="Choose another --port."
    )


def _port() -> int | None:
    given = os.environ.get(PORT)
    if not given:
        return None
    if not given.isdecimal() or not 1 <= int(given) <= 65535:
        raise ConfigError(f"{given!r} is no port", where=PORT, hint="Give a number up to 65535.")
    return int(given)


def _refusal(error: OSError, host: str, port: int | None) -> SensoriumError:
    if error.errno == errno.EADDRINUSE:
        return taken(port)
    if error.errno in (errno.EACCES, errno.EPERM):
        return SensoriumError(
            f"The page cannot be served at port {port}: this user may not",
            hint="Choose a --port above 1023.",
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return ConfigError(f"'{host}' is no address of this machine", hint=_HOSTS)
    return SensoriumError(f"The page cannot be served at {host}: {error.strerror or error}")
