"""Samples → tar files that `webdataset` reads, and where each sample begins in them."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sensorium.registry import Registry

from sensorium_trainers.data import Concatenated, Data, open_sources
from sensorium_trainers.formats.members import members_of
from sensorium_trainers.formats.tar import SUFFIX
from sensorium_trainers.windows import refuse_jumps

from .parts import Entry, Report, build
from .recipe import ShardsRecipe
from .usable import Usable

_KIND = "sensorium-shards"
_VERSION = 1


def write_shards(
    recipe: ShardsRecipe, registry: Registry, report: Report = lambda line: None
) -> Entry:
    """Write the tar files, or go on with them → the manifest.

    ConfigError where the recipe or its output cannot be used; CorpusError where files cannot be
    written or too many samples not be used.
    """
    data = Concatenated(open_sources(recipe.data, registry))
    refuse_jumps(data.sources, shuffle=recipe.shuffle, processes=recipe.processes)
    plan = {
        "kind": _KIND,
        "version": _VERSION,
        "samples": len(data),
        **recipe.model_dump(mode="json", include={"data", "samples_per_part", "shuffle", "seed"}),
    }
    writer = Writer(recipe, data)
    count = -(-len(data) // recipe.samples_per_part)
    return build(recipe.output, plan, count, writer.write, recipe.processes, report)


class Writer:
    """Writes one tar file at a time."""

    def __init__(self, recipe: ShardsRecipe, data: Data) -> None:
        self._recipe = recipe
        self._data = data
        self._order: Sequence[int] = range(len(data))
        if recipe.shuffle:
            random = np.random.Generator(np.random.PCG64(recipe.seed))
            self._order = random.permutation(len(data)).tolist()

    def write(self, number: int, folder: Path) -> Entry:
        """Its files → samples, and what was left out."""
        each = self._recipe.samples_per_part
        indices = self._order[number * each : (number + 1) * each]
        usable = Usable(self._recipe.max_skipped_share, len(indices))
        starts = []
        place = folder / f"{number:05}.tar"
        # The plainest of the formats: every reader takes it, and the same samples give the same
        # bytes, without a date or an owner.
        with tarfile.open(place, "w", format=tarfile.USTAR_FORMAT) as tar:
            for index in indices:
                with usable:
                    members = members_of(self._data[index])
                    starts.append(tar.offset)
                    for suffix, content in members.items():
                        member = tarfile.TarInfo(f"{index:09}.{suffix}")
                        member.size = len(content)
                        tar.addfile(member, io.BytesIO(content))
            starts.append(tar.offset)
        place.with_suffix(SUFFIX).write_bytes(np.asarray(starts, "<i8").tobytes())
        return {"samples": len(starts) - 1, **usable.counted()}
