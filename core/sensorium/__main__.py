"""`python -m sensorium`: the same as the command `sensorium`."""

from __future__ import annotations

from .cli import main

if __name__ == "__main__":
    main()
