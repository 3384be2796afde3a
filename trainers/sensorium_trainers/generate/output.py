"""Answers → the JSONL file: by sample number, without duplicates, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sensorium.messages import has_words

from .errors import GenerationError
from .prompts import Messages
from .recipe import CorpusRecipe
from .wire import Answer

ENDED = frozenset({"stop", "eos_token"})
"""Reasons of an answer that the model itself ended; the second is text-generation-inference's."""

CUT_OFF = "length"


@dataclass
class Counts:
    """What became of the samples."""

    written: int = 0
    marked: int = 0
    cut_off: int = 0
    not_ended: int = 0
    empty: int = 0
    duplicates: int = 0

    def __str__(self) -> str:
        """`941 texts, 3 of them marked as cut off; left out: 20 cut off, 32 duplicates`."""
        texts = f"{self.written:,} text{'' if self.written == 1 else 's'}"
        if self.marked:
            texts += f", {self.marked:,} of them marked as cut off"
        out = {
            "cut off": self.cut_off,
            "stopped by the server": self.not_ended,
            "empty": self.empty,
            "duplicates": self.duplicates,
        }
        left = ", ".join(f"{count:,} {name}" for name, count in out.items() if count)
        return f"{texts}; left out: {left}" if left else texts


def write_corpus(recipe: CorpusRecipe, answers: Iterable[tuple[Messages, Answer]]) -> Counts:
    """Write `answers`, in their order, beside the output, flush it and move it there.

    GenerationError where the file cannot be written; an earlier one is then intact.
    """
    partial = recipe.output.with_name(f"{recipe.output.name}.partial")
    counts = Counts()
    try:
        recipe.output.parent.mkdir(parents=True, exist_ok=True)
        try:
            with partial.open("w", encoding="utf-8", newline="\n") as file:
                for line in lines(recipe, answers, counts):
                    file.write(json.dumps(line, ensure_ascii=False) + "\n")
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, recipe.output)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise GenerationError(
            f"The corpus cannot be written: {error.strerror}",
            where=str(recipe.output),
            hint="Every answer is in the cache: run the same command again.",
        ) from error
    return counts


def lines(
    recipe: CorpusRecipe, answers: Iterable[tuple[Messages, Answer]], counts: Counts
) -> Iterator[dict[str, Any]]:
    """The objects of the file; `counts` is filled on the way."""
    seen: set[bytes] = set()
    for messages, answer in answers:
        text = answer.text.strip()
        ended = answer.reason in ENDED
        if not ended and (answer.reason != CUT_OFF or recipe.cut_off == "drop"):
            if answer.reason == CUT_OFF:
                counts.cut_off += 1
            else:
                counts.not_ended += 1
            continue
        if not has_words(text):
            counts.empty += 1
            continue
        if recipe.deduplicate:
            digest = hashlib.blake2b(normalised(text).encode(), digest_size=16).digest()
            if digest in seen:
                counts.duplicates += 1
                continue
            seen.add(digest)
        counts.written += 1
        counts.marked += not ended
        mark = {} if ended else {"ended": False}
        if recipe.format == "text":
            yield {"text": text, **mark}
        else:
            yield {"messages": [*messages, {"role": "assistant", "content": text}], **mark}


def normalised(text: str) -> str:
    """What makes two texts equal: their letters, not case, white space or how accents are coded."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())
