"""Documents → parts of a corpus: binary files of token ids, and of where documents begin.

`00000.tokens` holds little-endian uint16, or uint32 for more than 65,536 tokens: the documents one
after another, each with its end token. `00000.starts` holds an int64 for each: where it begins.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sensorium.errors import CheckpointError
from sensorium.hub import fetch
from sensorium.registry import Registry
from sensorium.tokenizer import FILE_NAME, FastTokenizer

from sensorium_trainers.data import Concatenated, Data, open_sources
from sensorium_trainers.formats.tokens import KIND, VERSION
from sensorium_trainers.windows import refuse_jumps

from .documents import Documents
from .parts import Entry, Report, build
from .recipe import PackRecipe
from .usable import Usable


def pack(recipe: PackRecipe, registry: Registry, report: Report = lambda line: None) -> Entry:
    """Write the corpus, or go on with it → its manifest.

    ConfigError where the recipe or its output cannot be used; CheckpointError for the tokenizer;
    CorpusError where files cannot be written or too many samples not be used.
    """
    tokenizer = read_tokenizer(recipe.tokenizer, recipe.revision)
    template = registry.chat_templates.get(recipe.template, where="template")
    documents = Documents(tokenizer, template, recipe.system)
    data = Concatenated(open_sources(recipe.data, registry))
    refuse_jumps(data.sources, shuffle=False, processes=recipe.processes)
    plan = {
        "kind": KIND,
        "version": VERSION,
        "dtype": "<u2" if tokenizer.vocabulary <= 2**16 else "<u4",
        "tokenizer": recipe.tokenizer,
        "tokenizer_sha256": tokenizer.fingerprint,
        "vocabulary": tokenizer.vocabulary,
        "end": documents.end,
        "samples": len(data),
        **recipe.model_dump(
            mode="json", include={"data", "template", "system", "documents_per_part"}
        ),
    }
    writer = Writer(recipe, data, documents, plan["dtype"])
    count = -(-len(data) // recipe.documents_per_part)
    return build(recipe.output, plan, count, writer.write, recipe.processes, report)


class Writer:
    """Writes one part at a time."""

    def __init__(self, recipe: PackRecipe, data: Data, documents: Documents, dtype: str) -> None:
        self._recipe = recipe
        self._data = data
        self._documents = documents
        self._dtype = dtype

    def write(self, number: int, folder: Path) -> Entry:
        """Its files → documents, tokens, and what was left out."""
        each = self._recipe.documents_per_part
        indices = range(len(self._data))[number * each : (number + 1) * each]
        usable = Usable(self._recipe.max_skipped_share, len(indices))
        starts = [0]
        with (folder / f"{number:05}.tokens").open("wb") as file:
            for index in indices:
                with usable:
                    # A list: of a sample that cannot be used no document is kept.
                    for ids in list(self._documents(self._data[index])):
                        file.write(np.asarray(ids, self._dtype).tobytes())
                        starts.append(starts[-1] + len(ids))
        tokens = starts.pop()
        (folder / f"{number:05}.starts").write_bytes(np.asarray(starts, "<i8").tobytes())
        return {"tokens": tokens, "documents": len(starts), **usable.counted()}


def read_tokenizer(source: str, revision: str | None) -> FastTokenizer:
    """A folder's, a file, or the hub's; CheckpointError where there is none."""
    path = Path(source).expanduser()
    if path.exists() or source.startswith(("/", ".", "~")):
        return FastTokenizer.load(path)
    if found := fetch(source, FILE_NAME, revision):
        return FastTokenizer.load(found)
    raise CheckpointError(f"{source} on the hub has no {FILE_NAME}", where="tokenizer")
