"""Copies a speech checkpoint: both halves, and nothing that lies beside them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from sensorium.ctranslate2 import CONVERTED

from .checkpoint import CONFIG, MODEL, PREPROCESSOR, TOKENIZER, TRANSFORMERS_FILES, VOCABULARIES

Files = Mapping[str, Path]


def copy_speech(transformers: Files, conversion: Files, target: Path) -> None:
    """Transformers' files and, in `ctranslate2`, the conversion; alone it is written at the top."""
    _copy(transformers, target)
    if conversion:
        _copy(conversion, target / CONVERTED if transformers else target)


def transformers_half(folder: Path) -> Files:
    """The files of a folder that transformers reads, those that there are."""
    return _there(folder, *TRANSFORMERS_FILES)


def converted_half(folder: Path) -> Files:
    """The files of the conversion in its subfolder; none where it holds none."""
    place = folder / CONVERTED
    if not (place / MODEL).is_file():
        return {}
    return _there(place, MODEL, CONFIG, PREPROCESSOR, TOKENIZER, *VOCABULARIES)


def _there(folder: Path, *names: str) -> Files:
    return {name: folder / name for name in names if (folder / name).is_file()}


def _copy(files: Files, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for name, path in files.items():
        shutil.copyfile(path, target / name)
