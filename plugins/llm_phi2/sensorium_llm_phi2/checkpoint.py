"""Where a checkpoint lies and what its config.json says; reads no weights, imports no torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sensorium.contracts import LanguageModelShape
from sensorium.errors import CheckpointError
from sensorium.hub import fetch, fetch_folder
from sensorium.text_files import read_text

from .options import Phi2Options

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
ADAPTER_FOLDER = "adapter"
ADAPTER_CONFIG = "adapter_config.json"
ADAPTER_WEIGHTS = "adapter_model.safetensors"

# Safetensors only: a pickle runs code when it is opened.
_WANTED = [
    CONFIG,
    "quantize_config.json",
    "*.safetensors",
    "*.safetensors.index.json",
    "tokenizer.json",
    f"{ADAPTER_FOLDER}/{ADAPTER_CONFIG}",
]


def inspect(options: Phi2Options) -> LanguageModelShape:
    """Width, vocabulary and context window, from config.json alone."""
    config = read_config(config_path(options), options.config)
    return LanguageModelShape(
        width=config["hidden_size"],
        vocabulary=config["vocab_size"],
        context_length=config["max_position_embeddings"],
    )


def config_path(options: Phi2Options) -> Path:
    """The config.json of a folder, or of a hub id (downloaded, or from the hub's cache)."""
    path = Path(options.checkpoint).expanduser()
    if path.is_dir():
        if not (path / CONFIG).is_file():
            raise CheckpointError(
                f"The folder has no {CONFIG}", where=str(path), hint="Is it the right folder?"
            )
        return path / CONFIG
    _refuse_missing_path(options.checkpoint)
    if found := fetch(options.checkpoint, CONFIG, options.revision):
        return found
    raise CheckpointError(f"{options.checkpoint} has no {CONFIG}", where="checkpoint")


def checkpoint_folder(options: Phi2Options, *, weights: bool = True) -> Path:
    """The folder with config, tokenizer and, if wanted, weights; a hub id is downloaded first."""
    path = Path(options.checkpoint).expanduser()
    if path.is_dir():
        return path
    _refuse_missing_path(options.checkpoint)
    wanted = _WANTED if weights else [CONFIG, "tokenizer.json"]
    return fetch_folder(options.checkpoint, wanted, options.revision)


def read_config(path: Path, changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """config.json of a Phi model, changes laid over it; CheckpointError for anything else."""
    try:
        config = json.loads(read_text(path))
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{CONFIG} cannot be read", where=str(path)) from error
    if not isinstance(config, dict):
        raise CheckpointError(f"{CONFIG} holds no object", where=str(path))
    config |= changes or {}
    if config.get("model_type") != "phi":
        raise CheckpointError(
            f"model_type is {config.get('model_type')!r}, this plugin loads 'phi'",
            where=str(path),
            hint="Choose a Phi-1, Phi-1.5 or Phi-2 checkpoint, or another language model plugin "
            "(sensorium plugins list).",
        )
    for key in ("hidden_size", "vocab_size", "max_position_embeddings"):
        value = config.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
            raise CheckpointError(f"{key} is {value!r}, not a positive number", where=str(path))
    return config


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files of a checkpoint, sorted; CheckpointError where there are none."""
    files = sorted(folder.glob("*.safetensors"))
    if files:
        return files
    pickles = sorted(p.name for p in folder.glob("*.bin")) + sorted(
        p.name for p in folder.glob("*.pt*")
    )
    found = f"only {pickles[0]}, a pickle, which could run code" if pickles else "no weights"
    raise CheckpointError(
        f"No safetensors file: {found}",
        where=str(folder),
        hint="Convert it with save_pretrained(…, safe_serialization=True), or start from random "
        "weights with random_seed.",
    )


def _refuse_missing_path(checkpoint: str) -> None:
    looks_local = checkpoint.startswith((".", "/", "~")) or checkpoint.count("/") != 1
    if looks_local or Path(checkpoint).is_file():
        raise CheckpointError(
            f"No folder '{checkpoint}'",
            where="checkpoint",
            hint="Give a folder with config.json and model.safetensors, or a hub id such as "
            "microsoft/phi-2.",
        )
