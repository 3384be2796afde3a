"""Reading and writing the files of a checkpoint: JSON, and weights as safetensors only.

For the core and for plugins. A name function maps the name of a stored tensor to that of a
parameter, or to None where the tensor is no part of the module.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import CheckpointError
from .text_files import read_text

if TYPE_CHECKING:
    from torch import Tensor, nn

NameOf = Callable[[str], str | None]

FORMAT = {"format": "pt"}
"""What transformers wants to find in a file of weights."""

_FLOATS = {"F64", "F32", "F16", "BF16"}
_AGAIN = "Copy or download it again."
_NAMED_PROBLEMS = 5


@dataclass(frozen=True, slots=True)
class WeightsHeader:
    """What a safetensors file says about itself, weights unread."""

    shapes: dict[str, list[int]]
    dtypes: dict[str, str]
    """As the format calls them: F32, BF16, U8 …"""
    metadata: dict[str, str]


@contextmanager
def no_progress_bar() -> Iterator[None]:
    """A library does not write to its caller's terminal; transformers' switch is global."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def read_header(path: Path, *, where: str | None = None) -> WeightsHeader:
    """Shapes, types and metadata of a safetensors file; CheckpointError where it is not one.

    Imports no torch.
    """
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise CheckpointError(f"No weights file {path}", where=where)
    try:
        with safe_open(path, framework="np") as file:
            parts = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
            return WeightsHeader(
                shapes={name: part.get_shape() for name, part in parts.items()},
                dtypes={name: part.get_dtype() for name, part in parts.items()},
                metadata=dict(file.metadata() or {}),
            )
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(
            f"{path} is not a readable safetensors file",
            where=where,
            hint="Pickle formats (.bin, .pt) are not loaded; convert them to safetensors.",
        ) from error


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object; CheckpointError for anything else."""
    try:
        content = json.loads(read_text(path))
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} is not readable JSON.", hint=_AGAIN) from error
    if not isinstance(content, dict):
        raise CheckpointError(f"{path} is not a JSON object.", hint=_AGAIN)
    return content


def write_json(path: Path, content: dict[str, Any]) -> None:
    """The same content always gives the same file."""
    path.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def save_weights(
    tensors: Mapping[str, Tensor], path: Path, *, metadata: Mapping[str, str] | None = None
) -> None:
    """Write a safetensors file: the same content always gives the same bytes.

    `metadata` is `FORMAT` where left out. The file is there whole or not at all. Raises OSError and
    SafetensorError as they come.
    """
    from safetensors.torch import save_file

    described = dict(FORMAT if metadata is None else metadata)
    partial = path.with_name(f"{path.name}.partial")
    # Beside it first: the tensors may be a memory map of the file that is to be replaced.
    try:
        contiguous = {name: tensor.contiguous() for name, tensor in tensors.items()}
        save_file(contiguous, partial, metadata=described)
        if len(described) > 1:
            _sort_metadata(partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _sort_metadata(path: Path) -> None:
    """safetensors writes tensors in an order of their own, but metadata in a random one."""
    with path.open("r+b") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
        header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
        text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
        file.seek(8)
        file.write(text.ljust(length))


def find_weights(
    shapes: Mapping[str, Sequence[int]], files: Sequence[Path], name_of: NameOf, *, kind: str
) -> dict[str, tuple[Path, str]]:
    """Where the tensors of these names and shapes are: file, and name in it; reads headers alone.

    Raises CheckpointError where one is missing, unknown, of another shape or quantized. `kind` is
    the word for the model in the error, such as 'CLIP'.
    """
    found: dict[str, tuple[Path, str]] = {}
    problems: list[str] = []
    for path in files:
        header = read_header(path)
        for stored, shape in header.shapes.items():
            if (name := name_of(stored)) is None:
                continue
            if name in found:
                problems.append(f"{name} is stored twice")
            elif name not in shapes:
                problems.append(f"{stored} is unknown")
            elif shape != (wanted := [*shapes[name]]):
                problems.append(f"{stored} has the shape {shape} instead of {wanted}")
            elif (dtype := header.dtypes[stored]) not in _FLOATS:
                problems.append(f"{stored} has the type {dtype} instead of a float")
            found[name] = (path, stored)
    problems += [f"{name} is missing" for name in shapes if name not in found]
    if problems:
        more = len(problems) - _NAMED_PROBLEMS
        raise CheckpointError(
            f"The weights do not fit config.json: {'; '.join(problems[:_NAMED_PROBLEMS])}"
            f"{f' and {more} more' if more > 0 else ''}.",
            where=str(files[0].parent),
            hint=f"Use a complete checkpoint of a {kind} model.",
        )
    return found


def load_weights(module: nn.Module, files: Sequence[Path], name_of: NameOf, *, kind: str) -> None:
    """Fill every parameter of `module` from `files`, converting to its type.

    Raises what `find_weights` raises before the first tensor is read, so that nothing is ever left
    at random.
    """
    import torch

    targets = dict(module.named_parameters())
    shapes = {name: weight.shape for name, weight in targets.items()}
    found = find_weights(shapes, files, name_of, kind=kind)
    for path in files:
        with _opened(path) as file, torch.no_grad():
            for name, (holder, stored) in found.items():
                if holder == path:
                    targets[name].copy_(file.get_tensor(stored))


def same_weights(module: nn.Module, path: Path, name_of: NameOf) -> bool:
    """Whether `module` holds what the file holds: nothing was trained since."""
    import torch

    with _opened(path) as file:
        held = dict(_named(file, name_of))
        return all(
            name in held
            and torch.equal(file.get_tensor(held[name]).to(weight.dtype), weight.detach().cpu())
            for name, weight in module.named_parameters()
        )


def _named(file: Any, name_of: NameOf) -> Iterator[tuple[str, str]]:
    """(parameter, stored name) of every tensor that is part of the module."""
    for stored in file.keys():  # noqa: SIM118 - safe_open is no mapping
        if (name := name_of(stored)) is not None:
            yield name, stored


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"{path} is damaged or no safetensors file: {error}", hint=_AGAIN
        ) from error
