"""A Whisper in transformers' format, converted for CTranslate2 when it first has to transcribe."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from sensorium.checkpoint import read_json
from sensorium.ctranslate2 import CONVERTED, convert
from sensorium.derived import made_once
from sensorium.errors import CheckpointError
from sensorium.fingerprint import combine, file_sha256

from .checkpoint import (
    CONFIG,
    MODEL,
    PREPROCESSOR,
    TOKENIZER,
    TRANSFORMERS_FILES,
    WHERE,
    Checkpoint,
)
from .frames import FrameShape, require_frames

_log = logging.getLogger(__name__)


def transformers_files(checkpoint: Checkpoint) -> dict[str, Path]:
    """Those of TRANSFORMERS_FILES that there are, downloaded where needed; none for another model.

    Raises CheckpointError where it is a Whisper, but one that cannot be converted.
    """
    config = checkpoint.find(CONFIG)
    if config is None or read_json(config).get("model_type") != "whisper":
        raise CheckpointError(
            f"{checkpoint.name} is no Whisper: it has neither {MODEL} nor {CONVERTED}/{MODEL}, and "
            f"no {CONFIG} of a Whisper in transformers' format",
            where=WHERE,
            hint="Choose another checkpoint.",
        )
    checkpoint.weights()
    found = {name: checkpoint.find(name) for name in TRANSFORMERS_FILES}
    files = {name: path for name, path in found.items() if path}
    for name in (TOKENIZER, PREPROCESSOR):
        if name not in files:
            raise CheckpointError(
                f"{checkpoint.name} has no {name}",
                where=WHERE,
                hint="Copy it from the model that this one was made from.",
            )
    described = read_json(config)
    wanted = FrameShape(
        described.get("num_mel_bins", 80), 2 * described.get("max_source_positions", 1500)
    )
    require_frames(
        read_json(files[PREPROCESSOR]), wanted, source=str(files[PREPROCESSOR]), model=CONFIG
    )
    return files


def converted(files: Mapping[str, Path], name: str, quantization: str) -> Path:
    """The folder of the conversion, made now if this content was never converted before.

    It lies in the cache under a hash of the files, so that changed weights are converted anew.
    """
    hashes = [f"{file} {file_sha256(path)}" for file, path in sorted(files.items())]
    key = combine(*hashes, quantization, version("ctranslate2"))

    def make(folder: Path) -> None:
        _log.warning("Converting %s for CTranslate2, once; it is kept in %s", name, folder.parent)
        with tempfile.TemporaryDirectory() as scratch:
            for file, path in files.items():
                _link(path, Path(scratch, file))
            convert(Path(scratch), folder / CONVERTED, quantization=quantization)

    return made_once("whisper", key, make) / CONVERTED


def _link(path: Path, place: Path) -> None:
    """The converter sees these files alone: none that the hash leaves out, no pickle."""
    try:
        place.symlink_to(path.resolve())
    except OSError:  # where links need a privilege
        shutil.copyfile(path, place)
