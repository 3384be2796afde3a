"""A model in transformers' format → its CTranslate2 conversion, for plugins and for trainers."""

from __future__ import annotations

import tempfile
from pathlib import Path

from .checkpoint import no_progress_bar
from .errors import CheckpointError, MissingPackageError

CONVERTED = "ctranslate2"
"""The subfolder of a checkpoint that holds its conversion."""

_COPIED = ("tokenizer.json", "preprocessor_config.json")
_WEIGHTS = "model.safetensors"


def convert(folder: Path, target: Path | None = None, *, quantization: str = "int8") -> Path:
    """Write the conversion of the checkpoint in `folder`; → the folder that holds it.

    `target`, by default `folder/ctranslate2`, is replaced when the new one is whole. Raises
    CheckpointError where `folder` holds no complete model with safetensors.
    """
    try:
        import torch  # noqa: F401 - the converter does without them, until it does not
        import transformers  # noqa: F401
        from ctranslate2.converters import TransformersConverter
    except ImportError as error:
        raise MissingPackageError(
            error.name or "ctranslate2", "The conversion", extra="audio"
        ) from error
    needed = ("config.json", _WEIGHTS, *_COPIED)
    if missing := [name for name in needed if not (folder / name).is_file()]:
        raise CheckpointError(f"{folder} lacks {', '.join(missing)}")
    target = target or folder / CONVERTED
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        staging = Path(scratch, CONVERTED)
        try:
            with no_progress_bar():
                TransformersConverter(str(folder), copy_files=[*_COPIED]).convert(
                    str(staging), quantization=quantization
                )
        except Exception as error:  # two libraries read it, and either may raise anything
            reason = " ".join(str(error).split())
            raise CheckpointError(f"{folder} cannot be converted: {reason}") from error
        if target.exists():
            target.rename(Path(scratch, "before"))
        staging.rename(target)
    return target
