"""config.json of a Phi model as transformers' `PhiConfig`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sensorium.errors import CheckpointError
from transformers import PhiConfig


def phi_config(raw: dict[str, Any], folder: Path) -> PhiConfig:
    """The configuration, without what it says of quantization; CheckpointError if it is no Phi."""
    plain = {key: value for key, value in raw.items() if key != "quantization_config"}
    try:
        return PhiConfig.from_dict(plain)
    except Exception as error:
        raise CheckpointError(
            f"config.json describes no Phi model: {first_line(error)}", where=str(folder)
        ) from error


def first_line(error: Exception) -> str:
    """The first line of an error's text, not too long."""
    text = str(error).strip().splitlines()
    return f"{text[0][:200]}" if text else type(error).__name__
