"""Rows laid end to end, so that little is padding."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from .packing import Row, Slot


def fill(rows: Sequence[Row], length: int) -> list[Row]:
    """The same samples in few rows of at most `length` positions, about equally long.

    A row that is longer than that stays alone, and allows the others its length: a batch is as
    wide as its longest row. Samples keep their order within a row.
    """
    if not rows:
        return []
    width = max(length, *(len(row.ids) for row in rows))
    count = -(-sum(len(row.ids) for row in rows) // width)
    while True:
        groups = _divided(rows, count)
        if max(_length(group) for group in groups) <= width:
            return [_joined(group) for group in groups]
        count += 1


def _divided(rows: Sequence[Row], count: int) -> list[list[Row]]:
    """The longest first, each to the group that is shortest so far."""
    groups = [(0, number, list[int]()) for number in range(count)]
    for index in sorted(range(len(rows)), key=lambda index: -len(rows[index].ids)):
        filled, number, members = heapq.heappop(groups)
        heapq.heappush(groups, (filled + len(rows[index].ids), number, [*members, index]))
    return [[rows[index] for index in sorted(members)] for _, _, members in sorted(groups)]


def _length(group: Sequence[Row]) -> int:
    return sum(len(row.ids) for row in group)


def _joined(group: Sequence[Row]) -> Row:
    joined = Row(starts=[])
    for row in group:
        at = len(joined.ids)
        joined.ids += row.ids
        joined.segments += row.segments
        joined.positions += row.positions
        joined.slots += [Slot(at + slot.start, slot.media) for slot in row.slots]
        joined.targets += [(at + place, id_) for place, id_ in row.targets]
        joined.dense += [(at + place, id_) for place, id_ in row.dense]
        joined.starts += [at + start for start in row.starts]
    return joined
