"""Recipes that come with the package, named instead of a file: `--config align-clip-l336`.

The first line of each is its summary. Options that are laid over it, and the environment, are as
for any other recipe.
"""

from __future__ import annotations

from pathlib import Path

from sensorium.errors import ConfigError, suggestion
from sensorium.text_files import read_text

FOLDER = Path(__file__).parent


def presets() -> dict[str, str]:
    """Name → summary."""
    return {
        path.stem: read_text(path).partition("\n")[0].removeprefix("# ")
        for path in sorted(FOLDER.glob("*.yaml"))
    }


def recipe_file(config: str) -> Path:
    """The file that `--config` means: a path, or the name of a preset where it looks like none."""
    path = Path(config)
    if path.suffix in {".yaml", ".yml"} or len(path.parts) != 1 or path.is_file():
        return path
    found = FOLDER / f"{config}.yaml"
    if not found.is_file():
        raise ConfigError(
            f"No file and no recipe '{config}'",
            where="--config",
            hint=f"{suggestion(config, presets())}See: sensorium train --help",
        )
    return found
