"""Whether a tokenizer is that of the model: compared with the conversion's own vocabulary."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sensorium.checkpoint import read_json
from sensorium.errors import CheckpointError
from sensorium.text_files import read_text

from .checkpoint import WHERE

END = "<|endoftext|>"
NEEDED = (END, "<|startoftranscript|>", "<|notimestamps|>")
"""Control tokens that every Whisper has under these names. Of the others some were renamed over the
years, so the same model may be found with one name in one file and another in the next."""


def read_vocabulary(path: Path) -> Sequence[str]:
    """The tokens by their ids, as the conversion holds them: a JSON list, or one on each line."""
    try:
        text = read_text(path)
        tokens = json.loads(text) if path.suffix == ".json" else text.removesuffix("\n").split("\n")
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} cannot be read", where=WHERE) from error
    if not isinstance(tokens, list) or not all(isinstance(token, str) for token in tokens):
        raise CheckpointError(f"{path} is no list of tokens", where=WHERE)
    return tokens


def require_tokenizer(path: Path, vocabulary: Sequence[str], source: Path) -> None:
    """CheckpointError where `tokenizer.json` is not that of the model with this vocabulary.

    Text is what stands before the end token. `source` is the file the vocabulary is from.
    """
    ids = _ids(path)
    known = {token: number for number, token in enumerate(vocabulary)}
    for token in NEEDED:
        if token not in known:
            raise CheckpointError(f"{source} has no {token}, which Whisper needs", where=WHERE)
        if ids.get(token) != known[token]:
            raise _other(path, source, token, ids.get(token), known[token])
    for token, number in ids.items():
        if number < known[END] and vocabulary[number] != token:
            raise _other(path, source, token, number, known.get(token))
    held = set(ids.values())
    for number, token in enumerate(vocabulary[: known[END]]):
        if number not in held:
            raise _other(path, source, token, None, number)


def _other(
    path: Path, source: Path, token: str, found: int | None, wanted: int | None
) -> CheckpointError:
    places = ["absent" if number is None else f"token {number}" for number in (found, wanted)]
    return CheckpointError(
        f"{path} is the tokenizer of another model: {token!r} is {places[0]} in it, and "
        f"{places[1]} in {source.name}",
        where=WHERE,
        hint="Use the tokenizer.json that the model was trained with.",
    )


def _ids(path: Path) -> Mapping[str, int]:
    """Token → id, added tokens included."""
    content = read_json(path)
    try:
        ids: dict[Any, Any] = {**content["model"]["vocab"]}
        ids |= {one["content"]: one["id"] for one in content.get("added_tokens") or ()}
        sound = all(isinstance(n, int) and n >= 0 for n in ids.values())
    except (TypeError, KeyError, ValueError):
        sound = False
    if not sound:
        raise CheckpointError(f"{path} is no tokenizer of a Whisper", where=WHERE)
    return ids
