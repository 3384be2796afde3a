"""Whether the files of a checkpoint fit its config.json, from headers alone; imports no torch."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from sensorium.checkpoint import read_header
from sensorium.errors import CheckpointError, placed
from sensorium.tokenizer import FILE_NAME, FastTokenizer

from .architecture import Architecture
from .vocabulary import HEAD, TABLE, stored_ends

QUANTIZATION = "quantize_config.json"
"""Where older checkpoints say what config.json says today."""

Shapes = dict[str, tuple[int, ...]]


def check_weights(
    architecture: Architecture, raw: Mapping[str, Any], folder: Path, files: Sequence[Path]
) -> None:
    """CheckpointError where `build` could not fill the model from these files of `folder`."""
    held: Shapes = {}
    for path in files:
        header = read_header(path, where=str(folder))
        held |= {name: tuple(shape) for name, shape in header.shapes.items()}
    wanted = dict(architecture.tensors)
    with placed(str(folder)):
        held = _plain(architecture, raw, folder, held)
    for end in {TABLE, HEAD} - set(stored_ends(held, tied=architecture.tied)):
        del wanted[end]
    refuse_gaps(
        folder,
        missing=wanted.keys() - held.keys(),
        mismatched={name for name in wanted.keys() & held.keys() if wanted[name] != held[name]},
        surplus=held.keys() - wanted.keys(),
    )


def check_tokenizer(vocabulary: int, folder: Path) -> None:
    """CheckpointError where a tokenizer has ids for which the model has no row."""
    if not (folder / FILE_NAME).is_file():
        return
    tokens = FastTokenizer.load(folder).vocabulary
    if tokens > vocabulary:
        raise CheckpointError(
            f"{FILE_NAME} has {tokens} tokens, config.json a vocab_size of {vocabulary}",
            where=str(folder),
            hint="Do the tokenizer and the weights belong together?",
        )


def refuse_gaps(
    folder: Path,
    *,
    missing: Collection[str],
    mismatched: Collection[str],
    surplus: Collection[str],
) -> None:
    """CheckpointError that counts and names what keeps weights from filling the model."""
    # Checkpoints from before 2024 also hold the rotary tables, which are computed.
    surplus = [name for name in surplus if not name.endswith("rotary_emb.inv_freq")]
    complaints = [
        f"{len(names)} {kind}: {', '.join(sorted(names)[:4])}{' …' if len(names) > 4 else ''}"
        for kind, names in (
            ("missing", missing),
            ("of another shape", mismatched),
            ("not part of this model", surplus),
        )
        if names
    ]
    if complaints:
        raise CheckpointError(
            f"The weights do not match config.json: {'; '.join(complaints)}",
            where=str(folder),
            hint="Do config.json and the weights belong together?",
        )


def _plain(
    architecture: Architecture, raw: Mapping[str, Any], folder: Path, held: Shapes
) -> Shapes:
    """The shapes of the plain tensors that those in the file stand for."""
    if raw.get("quantization_config") is None and not (folder / QUANTIZATION).is_file():
        return held
    # Few checkpoints are read on: what these need imports torch.
    from .formats import plain_shapes, read_format
    from .quantization import is_stored_quantized

    if (stored := read_format(raw, folder)) is not None:
        return plain_shapes(held, stored)
    if not is_stored_quantized(dict(raw), folder):
        return held
    # bitsandbytes keeps a matrix as a row of bytes, and its scales beside it under its name.
    inside = tuple(f"{name}.weight." for name in architecture.matrices)
    plain = {name: shape for name, shape in held.items() if not name.startswith(inside)}
    return plain | {
        f"{name}.weight": shape
        for name, shape in architecture.matrices.items()
        if f"{name}.weight" in held
    }
