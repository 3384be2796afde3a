"""The command line: `sensorium COMMAND`. Commands are registered by plugins, ours included.

Exit codes: 0 done, 1 it could not be done, 2 it was asked for wrongly, 130 interrupted.
"""

from __future__ import annotations

from .root import root

__all__ = ["main"]


def main() -> None:
    """Run the command line and exit."""
    root.main()
