"""The command line: `sensorium COMMAND`. Commands are registered by plugins, ours included.

Exit codes: 0 success, 1 failure, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the command line and exit."""
    # Imported here, so that Ctrl-C is quiet before anything else is: the rest takes a while.
    from .interrupting import leave_at_once

    leave_at_once()
    from .root import root

    try:
        root.main()
    finally:
        leave_at_once()
