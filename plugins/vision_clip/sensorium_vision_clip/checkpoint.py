"""Where a checkpoint lies: a local folder, or one commit of a repository on the hub."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sensorium.checkpoint import read_json
from sensorium.errors import CheckpointError
from sensorium.hub import fetch

if TYPE_CHECKING:
    from .options import ClipOptions

WHERE = "checkpoint"
SAFE, INDEX = "model.safetensors", "model.safetensors.index.json"
UNSAFE = ("pytorch_model.bin", "pytorch_model.bin.index.json", "model.ckpt", "model.pt")


class Checkpoint:
    """Finds the files of one checkpoint; on the hub, all of the same commit.

    What the hub's cache has is taken from there without asking the network.
    """

    def __init__(self, options: ClipOptions) -> None:
        self.name = options.checkpoint
        folder = Path(self.name).expanduser()
        self.folder = folder if folder.is_dir() else None
        self._revision = options.revision
        self._pinned = options.revision is not None
        if not self.folder and (self.name[0] in "./~" or self.name.count("/") != 1):
            raise CheckpointError(
                f"There is no folder {self.name}.",
                where=WHERE,
                hint="Correct the path or give a hub id: openai/clip-vit-large-patch14-336",
            )

    def find(self, name: str) -> Path | None:
        """A file of the checkpoint, downloaded where needed, or None where it has none such."""
        if self.folder:
            path: Path | None = self.folder / name
            return path if path and path.is_file() else None
        path = fetch(self.name, name, self._revision)
        if path:
            self._revision = path.parent.name  # the commit: later files come from the same one
        return path

    def weights(self) -> list[Path]:
        """The safetensors files; CheckpointError where there is only pickle, or nothing."""
        if single := self.find(SAFE):
            return [single]
        if index := self.find(INDEX):
            return self._shards(index)
        if not self.folder and not self._pinned and (converted := self._converted()):
            return [converted]
        if unsafe := [name for name in UNSAFE if self.find(name)]:
            raise CheckpointError(
                f"{self.name} has its weights only as pickle ({unsafe[0]}), which can run any "
                "code and is never loaded.",
                where=WHERE,
                hint="Convert it: https://huggingface.co/spaces/safetensors/convert",
            )
        raise CheckpointError(
            f"{self.name} has no weights ({SAFE}).",
            where=WHERE,
            hint="To train from scratch set random_seed.",
        )

    def _shards(self, index: Path) -> list[Path]:
        shards = read_json(index).get("weight_map")
        if not isinstance(shards, dict) or not all(map(_is_plain, shards.values())):
            raise CheckpointError(f"{index} has no valid weight_map.", where=WHERE)
        paths = {name: self.find(name) for name in sorted(set(shards.values()))}
        if missing := [name for name, path in paths.items() if path is None]:
            raise CheckpointError(f"{self.name} lacks {', '.join(missing)}.", where=WHERE)
        return [path for path in paths.values() if path]

    def _converted(self) -> Path | None:
        """The weights as the hub's own converter offers them in a pull request.

        OpenAI's repositories from before safetensors have them only there. Only the hub's robot
        is trusted (transformers does the same); offline, what was downloaded before is used.
        """
        from huggingface_hub import constants, get_repo_discussions

        title, robot = "Adding `safetensors` variant of this model", "SFconvertbot"
        try:
            requests = get_repo_discussions(
                self.name, author=robot, discussion_type="pull_request", discussion_status="open"
            )
            numbers = [str(r.num) for r in requests if (r.title, r.author) == (title, robot)]
        except Exception:  # noqa: BLE001 - the hub's client raises nearly anything
            repository = f"models--{self.name.replace('/', '--')}"
            known = Path(constants.HF_HUB_CACHE, repository, "refs/refs/pr")
            numbers = sorted(path.name for path in known.glob("*"))
        return fetch(self.name, SAFE, f"refs/pr/{numbers[0]}") if numbers else None


def _is_plain(name: object) -> bool:
    return isinstance(name, str) and name == Path(name).name and name.endswith(".safetensors")
