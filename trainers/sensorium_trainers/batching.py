"""Rows → tensors: padding, what may attend to what, media and where they stand.

Legend: B rows, T positions of the longest row, N different media items, S slots, M targets.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any

import torch
from sensorium.contracts import Block
from sensorium.messages import Media
from torch import Tensor

from .packing import Row


def batch_of(
    rows: Sequence[Row],
    prepare: Mapping[str, Callable[[Media], Any]],
    ragged: Collection[str] = (),
) -> dict[str, Any]:
    """ids, position_ids, samples, segments [B, T]; targets, dense [M, 2] as (flat position, id).

    `blocks` says the same as samples and segments: what attends to what. By modality: `media`
    [N, …], every item once however often it is shown, and `places` [S, 2]: the first flat position
    of a slot, and which of the media stands there. Media of a modality in `ragged` are no tensors
    of one shape and stay a list of N, their places a list of S pairs.
    """
    length = max(len(row.ids) for row in rows)
    batch: dict[str, Any] = {
        "ids": _padded([row.ids for row in rows], length, 0),
        "position_ids": _padded([row.positions for row in rows], length, 0),
        "samples": _padded([_samples(row) for row in rows], length, -1),
        "segments": _padded([row.segments for row in rows], length, -1),
        "blocks": [block for number, row in enumerate(rows) for block in _blocks(number, row)],
        "media": {},
        "places": {},
        "targets": _flat([row.targets for row in rows], length),
        "dense": _flat([row.dense for row in rows], length),
    }
    for modality, prepared in prepare.items():
        found = [
            (number * length + slot.start, slot.media)
            for number, row in enumerate(rows)
            for slot in row.slots
            if slot.media.modality == modality
        ]
        if found:
            unique = {media.key: media for _, media in found}
            order = {key: index for index, key in enumerate(unique)}
            items = [prepared(media) for media in unique.values()]
            places = [(start, order[media.key]) for start, media in found]
            batch["media"][modality] = items if modality in ragged else torch.stack(items)
            batch["places"][modality] = places if modality in ragged else torch.tensor(places)
    return batch


def attention_mask(samples: Tensor, segments: Tensor) -> Tensor:
    """Both [B, T] → [B, 1, T, T] bool: causal, within a sample, and of its segments each sees
    itself and 0 only.

    Padding (-1) attends to itself, so that no softmax is empty.
    """
    index = torch.arange(segments.shape[1], device=segments.device)
    causal = index[None, :] <= index[:, None]
    together = samples[:, :, None] == samples[:, None, :]
    key = segments[:, None, :]
    seen = (key == segments[:, :, None]) | (key == 0)
    own = torch.eye(segments.shape[1], dtype=torch.bool, device=segments.device)
    padding = (samples < 0)[:, :, None]
    return ((together & seen & causal & ~padding) | own)[:, None]


def _samples(row: Row) -> list[int]:
    """[T]: the number of the sample that each position belongs to."""
    bounds = pairwise([*row.starts, len(row.ids)])
    return [number for number, (start, end) in enumerate(bounds) for _ in range(start, end)]


def _blocks(number: int, row: Row) -> list[Block]:
    """The positions that attend to each other, each once; only a shared beginning needs a mask."""
    found = []
    for start, end in pairwise([*row.starts, len(row.ids)]):
        segments = row.segments[start:end]
        if 0 in segments:
            held = torch.tensor([segments])
            mask = attention_mask(torch.zeros_like(held), held)[0, 0]
            found.append(Block(number, start, end, mask))
            continue
        for _, run in groupby(segments):
            end = start + len(list(run))
            found.append(Block(number, start, end))
            start = end
    return found


def _padded(rows: list[list[int]], length: int, value: int) -> Tensor:
    return torch.tensor([row + [value] * (length - len(row)) for row in rows])


def _flat(of_rows: list[list[tuple[int, int]]], length: int) -> Tensor:
    pairs = [(n * length + at, id_) for n, pairs in enumerate(of_rows) for at, id_ in pairs]
    return torch.tensor(pairs, dtype=torch.int64).reshape(-1, 2)
