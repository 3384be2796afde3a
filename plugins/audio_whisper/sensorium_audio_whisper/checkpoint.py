"""Where a checkpoint lies: a local folder, or one commit of a repository on the hub.

A *speech checkpoint* is a folder with transformers' files, and in its subfolder `ctranslate2` the
same model as CTranslate2 reads it: the encoder reads the former, the transcriber the latter.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sensorium.errors import CheckpointError
from sensorium.hub import fetch

if TYPE_CHECKING:
    from .options import WhisperOptions

WHERE = "checkpoint"
CONFIG, SAFE, PREPROCESSOR = "config.json", "model.safetensors", "preprocessor_config.json"
TOKENIZER = "tokenizer.json"
MODEL = "model.bin"
VOCABULARIES = ("vocabulary.json", "vocabulary.txt")
TRANSFORMERS_FILES = (
    CONFIG,
    SAFE,
    PREPROCESSOR,
    TOKENIZER,
    "tokenizer_config.json",
    "generation_config.json",
)
SIZES = (
    *(f"{size}{kind}" for size in ("tiny", "base", "small", "medium") for kind in ("", ".en")),
    *("large-v1", "large-v2", "large-v3", "large-v3-turbo"),
)


class Checkpoint:
    """Finds transformers' files of one checkpoint; on the hub, all of the same commit.

    What the hub's cache has is taken from there without asking the network.
    """

    def __init__(self, options: WhisperOptions) -> None:
        self.folder = local_folder(options)
        size = options.checkpoint
        self.name = f"openai/whisper-{size}" if size in SIZES and not self.folder else size
        self._revision = options.revision

    def find(self, name: str) -> Path | None:
        """A file of the checkpoint, downloaded where needed, or None where it has none such."""
        if self.folder:
            path: Path | None = self.folder / name
            return path if path and path.is_file() else None
        path = fetch(self.name, name, self._revision)
        if path:
            self._revision = path.parent.name  # the commit: later files come from the same one
        return path

    def weights(self) -> Path:
        """The safetensors file; CheckpointError where there is none."""
        if path := self.find(SAFE):
            return path
        raise CheckpointError(
            f"{self.name} has no weights ({SAFE}); pickle is never loaded.",
            where=WHERE,
            hint="Save it with safetensors; to train from scratch set random_seed.",
        )


def local_folder(options: WhisperOptions) -> Path | None:
    """The folder that `checkpoint` names, or None for a size or a hub id."""
    name = options.checkpoint
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if name not in SIZES and (name[0] in "./~" or name.count("/") != 1):
        raise CheckpointError(
            f"There is no folder {name}.",
            where=WHERE,
            hint=f"Give a folder, a hub id, or a size: {', '.join(SIZES[::2][:3])} …",
        )
    return None


def unknown(name: str) -> CheckpointError:
    """Neither here nor there."""
    return CheckpointError(
        f"{name}: neither a folder here nor a model on the hub that you may read.",
        where=WHERE,
        hint="Correct the name; for a private model run: hf auth login",
    )


def unreachable(name: str) -> CheckpointError:
    """Not downloaded yet, and no network."""
    return CheckpointError(
        f"{name} is not in the cache and the hub cannot be reached.",
        where=WHERE,
        hint=f"Connect once and run: hf download {name}, or give a local folder.",
    )
