"""Whisper in transformers' format → the CTranslate2 conversion that transcribing runs on."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from sensorium.errors import CheckpointError, MissingPackageError

from .checkpoint import CONFIG, CONVERTED, PREPROCESSOR


def convert(folder: Path, *, quantization: str = "int8") -> Path:
    """Write `folder/ctranslate2` beside transformers' files; → that subfolder.

    A conversion that is there already is replaced in one step. Raises CheckpointError where the
    folder holds no complete Whisper.
    """
    try:
        from ctranslate2.converters import TransformersConverter
    except ImportError as error:
        raise MissingPackageError("ctranslate2", "Converting Whisper", extra="audio") from error
    copied = ["tokenizer.json", PREPROCESSOR]
    if missing := [name for name in (CONFIG, *copied) if not (folder / name).is_file()]:
        raise CheckpointError(f"{folder} lacks {', '.join(missing)}")
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        staging = Path(scratch, CONVERTED)
        try:
            TransformersConverter(str(folder), copy_files=copied).convert(
                str(staging), quantization=quantization
            )
        except Exception as error:  # two libraries read it, and either may raise anything
            reason = " ".join(str(error).split())
            raise CheckpointError(f"{folder} cannot be converted: {reason}") from error
        target = folder / CONVERTED
        shutil.rmtree(target, ignore_errors=True)
        staging.rename(target)
    return target
