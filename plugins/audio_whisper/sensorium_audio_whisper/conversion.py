"""A Whisper in CTranslate2's format: its files, found and compared before one weight is read.

faster-whisper trusts what it finds: sound of another shape fails at every recording, and for a
tokenizer that is missing it fetches another model's. So all is compared here, before it is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sensorium.checkpoint import read_json
from sensorium.ctranslate2 import CONVERTED
from sensorium.errors import CheckpointError

from .checkpoint import CONFIG, MODEL, PREPROCESSOR, TOKENIZER, VOCABULARIES, WHERE
from .frames import FrameShape, require_frames
from .model_bin import ModelSizes, read_sizes
from .vocabulary import read_vocabulary, require_tokenizer


@dataclass(frozen=True, slots=True)
class Conversion:
    """Where each file lies, and the sizes that the model states."""

    folder: Path
    """Holds `model.bin`."""
    files: Mapping[str, Path]
    """By their names. What the conversion lacks may be a file of transformers' half beside it."""
    sizes: ModelSizes

    @property
    def is_whole(self) -> bool:
        """Whether all files lie in the folder, so that faster-whisper finds them by itself."""
        return all(path.parent == self.folder for path in self.files.values())


def place_of_conversion(folder: Path) -> Path | None:
    """The folder of `model.bin`: this one, its subfolder `ctranslate2`, or None for neither."""
    places = (folder, folder / CONVERTED)
    return next((place for place in places if (place / MODEL).is_file()), None)


def open_conversion(place: Path) -> Conversion:
    """The conversion whose `model.bin` lies in `place`, compared with itself.

    Raises CheckpointError, with the file's name, where one is missing, cannot be read, or does not
    belong to the model. Weights are not read, and nothing is fetched.
    """
    sizes = read_sizes(place / MODEL)
    # Transformers' half has a file of the same name for all but the vocabulary.
    beside = place.parent if place.name == CONVERTED else None
    files = {MODEL: place / MODEL, CONFIG: _own(place, CONFIG)}
    read_json(files[CONFIG])

    vocabulary = _own(place, *VOCABULARIES)
    files[vocabulary.name] = vocabulary
    tokens = read_vocabulary(vocabulary)
    if len(tokens) != sizes.tokens:
        raise CheckpointError(
            f"{vocabulary} has {len(tokens)} tokens, but the model in {MODEL} has {sizes.tokens}",
            where=WHERE,
            hint="Convert the model again.",
        )

    tokenizer = _found(TOKENIZER, place, beside)
    if tokenizer is None:
        raise _missing(place, TOKENIZER)
    files[TOKENIZER] = tokenizer
    require_tokenizer(tokenizer, tokens, vocabulary)

    preprocessor = _found(PREPROCESSOR, place, beside)
    if preprocessor:
        files[PREPROCESSOR] = preprocessor
    require_frames(
        read_json(preprocessor) if preprocessor else {},
        FrameShape(sizes.mel_bins, sizes.frames),
        source=str(preprocessor or f"{place} has no {PREPROCESSOR}, and Whisper's usual one"),
        model=MODEL,
    )
    return Conversion(place, files, sizes)


def _own(place: Path, *names: str) -> Path:
    path = next((place / name for name in names if (place / name).is_file()), None)
    if path is None:
        raise _missing(place, " or ".join(names))
    return path


def _found(name: str, *folders: Path | None) -> Path | None:
    paths = (folder / name for folder in folders if folder)
    return next((path for path in paths if path.is_file()), None)


def _missing(place: Path, names: str) -> CheckpointError:
    return CheckpointError(
        f"{place} has no {names}",
        where=WHERE,
        hint="Copy it from the model that was converted, or convert that again.",
    )
