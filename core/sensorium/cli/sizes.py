"""How much disk and memory a planned model needs, from the headers of its weight files."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sensorium.pipeline import Plan, PlannedHearing

RUNTIME_BYTES = 400 * 10**6
"""Python, torch and transformers themselves (337 MiB resident, torch 2.13 for CPU)."""

NF4_BYTES = 0.5 + 4 / 64
"""Per weight: 4 bits, and one float32 scale for 64 of them."""

_STORED = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2}
_FLOATS = {"F64", "F32", "F16", "BF16"}
_TARGETS: dict[str, tuple[float, float]] = {
    "float32": (4, 4),
    "bfloat16": (2, 2),
    "float16": (2, 2),
    "auto": (2, 4),
}


@dataclass(frozen=True, slots=True)
class PartSize:
    """One component: bytes on disk, parameters, and bytes in memory at least and at most.

    No parameters means that they are not known before it is loaded; `note` says why.
    """

    part: str
    disk: int
    parameters: int
    least: int
    most: int
    note: str = ""


def part_sizes(plan: Plan) -> list[PartSize]:
    """The sizes of language model, encoders and projectors; an upper bound where a file holds
    more than is used (CLIP's text half).
    """
    options = plan.llm_options
    parts = [_checkpoint(f"llm {plan.llm.name}", options, plan.shape.vocabulary)]
    for sense in plan.senses:
        parts.append(_checkpoint(f"{sense.modality} {sense.encoder.name}", sense.encoder_options))
        name = f"{sense.modality} {sense.projector.name}"
        if sense.weights is not None:
            parts.append(_measure(name, [sense.weights], (4, 4)))  # always float32 in memory
        else:
            count = _parameters(sense.projector, sense, plan.shape.width)
            parts.append(PartSize(name, 0, count, 4 * count, 4 * count, "random weights"))
    parts += [_transcriber(heard) for heard in plan.hearings]
    return parts


def _transcriber(heard: PlannedHearing) -> PartSize:
    """One that brings its own format: as large in memory as on disk."""
    part = f"{heard.modality} {heard.transcriber.name}"
    folder = local_folder(heard.options)
    files = sorted(folder.rglob("model.bin")) if folder else []
    if not files:
        return _checkpoint(part, heard.options)
    disk = sum(path.stat().st_size for path in files)
    return PartSize(part, disk, 0, disk, disk)


def _checkpoint(part: str, options: Any, vocabulary: int = 0) -> PartSize:
    if getattr(options, "random_seed", None) is not None:
        return PartSize(part, 0, 0, 0, 0, "random weights, size unknown")
    folder = local_folder(options)
    files = sorted(folder.rglob("*.safetensors")) if folder else []
    if not files:
        name = getattr(options, "checkpoint", None)
        note = f"{name} is not on this machine yet" if name else "no weight files known"
        return PartSize(part, 0, 0, 0, 0, note)
    target = _TARGETS.get(str(getattr(options, "dtype", None)))
    if getattr(options, "backend", None) == "onnx":
        target = None  # runs its weights as they are stored
    nf4 = getattr(options, "quantization", None) == "nf4"
    return _measure(part, files, target, vocabulary if nf4 else None)


def local_folder(options: Any) -> Path | None:
    """The folder of `options.checkpoint`, or of its download; nothing is fetched."""
    checkpoint = getattr(options, "checkpoint", None)
    if not isinstance(checkpoint, str):
        return None
    folder = Path(checkpoint).expanduser()
    if folder.is_dir():
        return folder
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    revision = getattr(options, "revision", None)
    try:
        return Path(snapshot_download(checkpoint, revision=revision, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, OSError):
        return None


def _measure(
    part: str,
    files: Iterable[Path],
    target: tuple[float, float] | None,
    quantized_vocabulary: int | None = None,
) -> PartSize:
    """`target` is bytes per floating-point weight in memory; None keeps what is stored."""
    files = list(files)
    count, least, most = 0, 0.0, 0.0
    for shape, dtype in _tensors(files):
        size = math.prod(shape)
        stored = _STORED.get(dtype, 1)
        low, high = target if target and dtype in _FLOATS else (stored, stored)
        if quantized_vocabulary is not None:
            # Only the matrices of the layers are quantized, neither embeddings nor head.
            layer = len(shape) == 2 and quantized_vocabulary not in shape
            low, high = (NF4_BYTES, NF4_BYTES) if layer else (2, 2)
        count, least, most = count + size, least + low * size, most + high * size
    disk = sum(path.stat().st_size for path in files)
    return PartSize(part, disk, count, round(least), round(most))


def _tensors(files: Iterable[Path]) -> Iterator[tuple[list[int], str]]:
    """Shape and dtype of every tensor, from the headers."""
    from safetensors import SafetensorError, safe_open

    from sensorium.errors import CheckpointError

    for path in files:
        try:
            with safe_open(path, framework="np") as file:
                for name in file.keys():  # noqa: SIM118 - not a mapping
                    tensor = file.get_slice(name)
                    yield tensor.get_shape(), tensor.get_dtype()
        except (SafetensorError, OSError, ValueError) as error:
            raise CheckpointError(f"{path} is not a readable safetensors file") from error


def _parameters(projector: Any, sense: Any, width: int) -> int:
    import torch

    with torch.device("meta"):
        module = projector.build(sense.projector_options, sense.source, width)
    return sum(tensor.numel() for tensor in module.state_dict().values())
