"""Ctrl-C where no cleanup is needed: the process exits, without a traceback.

A KeyboardInterrupt is raised wherever Python happens to be: in an import, whose library may swallow
it, turn it into an error of its own, or abort as torch does; or at the very end, as a traceback.
The command line imports this module first, so it imports next to nothing itself.
"""

from __future__ import annotations

import os
import signal

INTERRUPTED = 130
"""The exit code after Ctrl-C."""


def leave_at_once() -> None:
    """From now on Ctrl-C ends the process, unless another handler is installed."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)


def raise_as_usual() -> None:
    """From now on Ctrl-C raises KeyboardInterrupt again: work in progress may need cleanup."""
    if signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)


class AtOnce:
    """`with AtOnce():` for heavy imports, loading weights, and commands that only read."""

    def __enter__(self) -> None:
        import threading

        # Signals arrive in the main thread only, and only there handlers can be set.
        self._changed = (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        )
        if self._changed:
            signal.signal(signal.SIGINT, _leave)

    def __exit__(self, *exception: object) -> None:
        if self._changed:
            raise_as_usual()


def _leave(number: int, frame: object) -> None:
    if os.isatty(2):
        os.write(2, b"\n")  # behind the ^C that the terminal shows
    os._exit(INTERRUPTED)
