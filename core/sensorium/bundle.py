"""Bundles, written: a folder that needs nothing else to run; `manifest.py` reads it again.

    sensorium.json                    manifest: recipe, and size and SHA-256 of every file
    llm/                              what the language model's plugin saved
    encoders/image/                   what the encoder's plugin saved
    projectors/image.safetensors      its header names the encoder it was trained with

Weights are safetensors; a transcriber may bring a format of its own that holds no code, such as
CTranslate2's, and is kept as its plugin saved it. A bundle is written beside its place and renamed
into it, so a killed save leaves the old one whole.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .checkpoint import save_weights
from .contracts import TrainableEncoder, TrainableLanguageModel
from .errors import BundleError, PluginError, SensoriumError
from .manifest import FORMAT, MANIFEST, describe_file
from .options import Options
from .version import __version__

if TYPE_CHECKING:
    import torch

    from .contracts import Encoder, LanguageModel
    from .pipeline import Pipeline, PlannedHearing, PlannedSense

OF_THIS_MACHINE = {"device", "threads", "kept_megabytes"}
"""Keys of a recipe that say nothing about the model."""

_STARTING_POINT = ("revision", "random_seed", "config", "adapter")
"""Options that say where weights came from; a saved folder already holds the result."""


def save_bundle(
    pipeline: Pipeline, folder: Path, *, name: str, dtype: torch.dtype | None = None
) -> None:
    """Write `pipeline` as a bundle, floating-point weights cast to `dtype` where given: those that
    run on torch. What was converted for another runtime stays as it was converted.
    """
    with writing_bundle(folder), scratch_beside(folder) as staging:
        tree = _write_parts(pipeline, staging, dtype)
        files = {
            path.relative_to(staging).as_posix(): describe_file(path)
            for path in sorted(staging.rglob("*"))
            if path.is_file()
        }
        manifest = {
            "format": FORMAT,
            "name": name,
            "sensorium": __version__,
            "recipe": tree,
            "files": files,
        }
        text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
        (staging / MANIFEST).write_text(text, "utf-8")
        for path in (staging, *staging.rglob("*")):  # temporary files are their owner's alone
            path.chmod(0o755 if path.is_dir() else 0o644)
        replace_folder(staging, folder)


@contextmanager
def writing_bundle(folder: Path) -> Iterator[None]:
    """BundleError that names the folder where something in it cannot be written."""
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, SafetensorError, PluginError) as raised:
        # A plugin writes too; what stopped it then is the cause of its error.
        error = raised.__cause__ if isinstance(raised, PluginError) else raised
        if not (isinstance(error, SafetensorError) or _hinders_writing(error, folder)):
            raise
        reason = getattr(error, "strerror", None) or str(error)
        raise BundleError(
            f"Cannot write the bundle {folder}: {reason}",
            hint="Make room, or choose a folder that can be written; what was there is untouched.",
        ) from error


_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})


def _hinders_writing(error: BaseException | None, folder: Path) -> bool:
    """Whether it is the disk, or a file of the bundle or beside it, and not one that was read."""
    if not isinstance(error, OSError):
        return False
    if error.errno in _NO_ROOM or error.filename is None:
        return True
    named, target = Path(str(error.filename)).absolute(), folder.absolute()
    inside = target in named.parents or named == target or named in target.parents
    return inside or any(part.startswith(f".{folder.name}-") for part in named.parts)


@contextmanager
def scratch_beside(folder: Path) -> Iterator[Path]:
    """A folder for what is made before it takes the place of `folder`; gone afterwards.

    Beside it: what is made may be large, and not everybody's /tmp is.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def _saving(name: str) -> Iterator[None]:
    try:
        yield
    except (SensoriumError, OSError):
        raise
    except Exception as error:
        raise PluginError(f"The {name} cannot be saved ({type(error).__name__})") from error


def replace_folder(new: Path, place: Path) -> None:
    """Put `new` at `place` in one step, so that a kill leaves there the old or the new one."""
    if not place.exists():
        new.rename(place)
        return
    if _exchange(new, place):
        old = new
    else:
        old = place.with_name(f".{place.name}-old-{os.getpid()}")
        place.rename(old)
        try:
            new.rename(place)
        except OSError:
            old.rename(place)
            raise
    shutil.rmtree(old, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one step where the system can (Linux: renameat2); else False."""
    at_working_folder, exchange = -100, 2
    try:
        rename = ctypes.CDLL(None).renameat2
    except (OSError, AttributeError, TypeError):
        return False
    paths = at_working_folder, os.fsencode(one), at_working_folder, os.fsencode(other)
    return int(rename(*paths, exchange)) == 0


def _write_parts(pipeline: Pipeline, folder: Path, dtype: torch.dtype | None) -> dict[str, Any]:
    recipe = pipeline.plan.recipe
    # The bundle goes to other machines.
    tree = recipe.model_dump(mode="json", exclude_defaults=True, exclude=OF_THIS_MACHINE)
    with _saving("language model"):
        _save(pipeline.llm, folder / "llm", dtype)
    tree["llm"] = _from_folder(tree["llm"], pipeline.plan.llm.options, "./llm")
    for planned in pipeline.plan.senses:
        sense = pipeline.senses[planned.modality]
        place = f"encoders/{planned.modality}"
        with _saving(f"{planned.modality} encoder"):
            _save(sense.encoder, folder / place, dtype)
        section = tree["encoders"][planned.modality]
        section = _from_folder(section, planned.encoder.options, f"./{place}")
        weights = f"projectors/{planned.modality}.safetensors"
        with _saving(f"{planned.modality} encoder"):
            fingerprint = _fingerprint(planned, folder / place)
        save_projector(
            sense.projector, folder / weights, planned, pipeline.plan.shape.width, fingerprint
        )
        _cast(folder / "projectors", dtype)
        section["projector"] = {**section["projector"], "weights": f"./{weights}"}
        tree["encoders"][planned.modality] = section
    for hearing in pipeline.plan.hearings:
        section = tree["encoders"][hearing.modality]
        tree["encoders"][hearing.modality] = _write_hearing(pipeline, hearing, section, folder)
    return tree


def _write_hearing(
    pipeline: Pipeline, planned: PlannedHearing, section: dict[str, Any], folder: Path
) -> dict[str, Any]:
    """A transcriber, and beside it the projector of its other mode, both as they are: a projector
    fits only the very encoder weights it was trained with.
    """
    place = f"encoders/{planned.modality}"
    with _saving(f"{planned.modality} transcriber"):
        pipeline.hearings[planned.modality].load().save(folder / place)
    section = _from_folder(section, planned.transcriber.options, f"./{place}")
    projector = section.get("projector") or {}
    if projector.get("weights"):
        weights = f"projectors/{planned.modality}.safetensors"
        (folder / weights).parent.mkdir(exist_ok=True)
        shutil.copyfile(projector["weights"], folder / weights)
        section["projector"] = {**projector, "weights": f"./{weights}"}
    return section


def save_projector(
    projector: Any, path: Path, planned: PlannedSense, llm_width: int, encoder_fingerprint: str
) -> None:
    """Projector weights as safetensors whose header says what they were trained between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    metadata = {
        "projector": planned.projector.name,
        "encoder": planned.encoder.name,
        "encoder_fingerprint": encoder_fingerprint,
        "encoder_width": str(planned.source.width),
        "llm_width": str(llm_width),
    }
    save_weights(projector.state_dict(), path, metadata=metadata)


def _fingerprint(planned: PlannedSense, folder: Path) -> str:
    """The fingerprint the saved encoder will have when it is loaded again."""
    reset = {**dict.fromkeys(_STARTING_POINT), "checkpoint": str(folder)}
    known = type(planned.encoder_options).model_fields
    update = {key: value for key, value in reset.items() if key in known}
    options = planned.encoder_options.model_copy(update=update)
    return planned.encoder.build(options, "cpu").fingerprint


def _from_folder(section: dict[str, Any], options: type[Options], place: str) -> dict[str, Any]:
    kept = {key: value for key, value in section.items() if key not in _STARTING_POINT}
    # A component without weights, a spectrogram say, has no checkpoint.
    return {**kept, "checkpoint": place} if "checkpoint" in options.model_fields else kept


def _save(part: Encoder | LanguageModel, folder: Path, dtype: torch.dtype | None) -> None:
    """A graph fits the very weights it was made of, so only modules of torch are cast."""
    part.save(folder)
    if isinstance(part, TrainableEncoder | TrainableLanguageModel):
        _cast(folder, dtype)


def _cast(folder: Path, dtype: torch.dtype | None) -> None:
    from safetensors import safe_open
    from safetensors.torch import load_file

    if dtype is None:
        return
    for path in folder.glob("*.safetensors"):
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata()
        cast = {
            name: tensor.to(dtype) if tensor.is_floating_point() else tensor
            for name, tensor in load_file(path).items()
        }
        for name, tensor in cast.items():
            if tensor.is_floating_point() and not tensor.isfinite().all():
                raise BundleError(f"{name} in {path.name} has values that {dtype} cannot hold")
        save_weights(cast, path, metadata=metadata)
