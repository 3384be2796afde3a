"""A model in transformers' format → its CTranslate2 conversion, for plugins and for trainers."""

from __future__ import annotations

import tempfile
from pathlib import Path

from .errors import CheckpointError, MissingPackageError

CONVERTED = "ctranslate2"
"""The subfolder of a checkpoint that holds its conversion."""

_COPIED = ("tokenizer.json", "preprocessor_config.json")


def convert(folder: Path, *, quantization: str = "int8") -> Path:
    """Write `folder/ctranslate2` beside transformers' files; → that subfolder.

    A conversion that is there already is replaced when the new one is whole. Raises
    CheckpointError where the folder holds no complete model.
    """
    try:
        from ctranslate2.converters import TransformersConverter
    except ImportError as error:
        raise MissingPackageError("ctranslate2", "The conversion", extra="audio") from error
    needed = ("config.json", *_COPIED)
    if missing := [name for name in needed if not (folder / name).is_file()]:
        raise CheckpointError(f"{folder} lacks {', '.join(missing)}")
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        staging = Path(scratch, CONVERTED)
        try:
            TransformersConverter(str(folder), copy_files=[*_COPIED]).convert(
                str(staging), quantization=quantization
            )
        except Exception as error:  # two libraries read it, and either may raise anything
            reason = " ".join(str(error).split())
            raise CheckpointError(f"{folder} cannot be converted: {reason}") from error
        target = folder / CONVERTED
        if target.exists():
            target.rename(Path(scratch, "before"))
        staging.rename(target)
    return target
