"""Where a checkpoint lies, what its config.json says, and whether its files fit that.

Reads no weights, imports no torch.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sensorium.checkpoint import read_json
from sensorium.contracts import LanguageModelShape
from sensorium.errors import CheckpointError, other_kind
from sensorium.hub import fetch, fetch_folder
from sensorium.text_files import read_text

from .architecture import read_architecture, require_whole_blocks
from .fitting import QUANTIZATION, check_tokenizer, check_weights
from .options import Phi2Options

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
ADAPTER_FOLDER = "adapter"
ADAPTER_CONFIG = "adapter_config.json"
ADAPTER_WEIGHTS = "adapter_model.safetensors"

# Safetensors only: a pickle runs code when it is opened.
_WANTED = [
    CONFIG,
    QUANTIZATION,
    "*.safetensors",
    "*.safetensors.index.json",
    "tokenizer.json",
    f"{ADAPTER_FOLDER}/{ADAPTER_CONFIG}",
]


def inspect(options: Phi2Options) -> LanguageModelShape:
    """Width, vocabulary and context window, from config.json.

    What `build` would refuse for its shape is refused here, the headers of the weights included
    where these are on this machine. A folder without any still has a shape.
    """
    path = config_path(options)
    config = read_config(path, options.config)
    architecture = read_architecture(config, str(path))
    if options.quantization:
        require_whole_blocks(architecture)
    if folder := local_folder(options):
        check_tokenizer(architecture.vocabulary, folder)
        if options.random_seed is None and has_weights(folder):
            check_weights(architecture, config, folder, weight_files(folder))
    return architecture.shape


def local_folder(options: Phi2Options) -> Path | None:
    """The folder that `checkpoint` names; None for a hub id."""
    path = Path(options.checkpoint).expanduser()
    return path if path.is_dir() else None


def config_path(options: Phi2Options) -> Path:
    """The config.json of a folder, or of a hub id (downloaded, or from the hub's cache)."""
    if folder := local_folder(options):
        if not (folder / CONFIG).is_file():
            raise CheckpointError(
                f"The folder has no {CONFIG}", where=str(folder), hint="Is it the right folder?"
            )
        return folder / CONFIG
    _refuse_missing_path(options.checkpoint)
    if found := fetch(options.checkpoint, CONFIG, options.revision):
        return found
    raise CheckpointError(f"{options.checkpoint} has no {CONFIG}", where="checkpoint")


def checkpoint_folder(options: Phi2Options, *, weights: bool = True) -> Path:
    """The folder with config, tokenizer and, if wanted, weights; a hub id is downloaded first."""
    if folder := local_folder(options):
        return folder
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
            hint=other_kind("a Phi-1, Phi-1.5 or Phi-2 checkpoint, such as microsoft/phi-2"),
        )
    read_architecture(config, str(path))
    return config


def has_weights(folder: Path) -> bool:
    """Whether there are any, whole or not: what is planned may still have to be downloaded."""
    return (folder / INDEX).is_file() or any(folder.glob("*.safetensors"))


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files of a checkpoint, found as transformers finds them, sorted.

    Some quantizers give the only file a name of its own. CheckpointError where there are none, and
    where a part is not there.
    """
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    if (folder / INDEX).is_file():
        return _parts(folder)
    if files := sorted(folder.glob("*.safetensors")):
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


def _parts(folder: Path) -> list[Path]:
    places = read_json(folder / INDEX).get("weight_map")
    named = [*places.values()] if isinstance(places, dict) else []
    if not named or not all(isinstance(name, str) and Path(name).name == name for name in named):
        raise CheckpointError(f"{INDEX} has no valid weight_map", where=str(folder))
    names = sorted(set(named))
    if missing := [name for name in names if not (folder / name).is_file()]:
        raise CheckpointError(
            f"The folder lacks {', '.join(missing[:4])}, which {INDEX} names",
            where=str(folder),
            hint="Download or copy the checkpoint again.",
        )
    return [folder / name for name in names]


def _refuse_missing_path(checkpoint: str) -> None:
    looks_local = checkpoint.startswith((".", "/", "~")) or checkpoint.count("/") != 1
    if looks_local or Path(checkpoint).is_file():
        raise CheckpointError(
            f"No folder '{checkpoint}'",
            where="checkpoint",
            hint="Give a folder with config.json and model.safetensors, or a hub id such as "
            "microsoft/phi-2.",
        )
