"""Rows → tensors: padding, the attention mask, media and where they stand.

Legend: B rows, T positions of the longest row, N different media items, S slots, M targets.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import torch
from sensorium.messages import Media
from torch import Tensor

from .packing import Row


def batch_of(
    rows: Sequence[Row],
    prepare: Mapping[str, Callable[[Media], Tensor]],
    ragged: Collection[str] = (),
) -> dict[str, Any]:
    """ids, position_ids [B, T]; mask [B, 1, T, T]; targets, dense [M, 2] as (flat position, id).

    By modality: `media` [N, …], every item once however often it is shown, and `places` [S, 2]:
    the first flat position of a slot, and which of the media stands there. Media of a modality in
    `ragged` differ in length and stay a list of N tensors, their places a list of S pairs.
    """
    length = max(len(row.ids) for row in rows)
    batch: dict[str, Any] = {
        "ids": _padded([row.ids for row in rows], length, 0),
        "position_ids": _padded([row.positions for row in rows], length, 0),
        "mask": attention_mask(_padded([row.segments for row in rows], length, -1)),
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
            unique = {media.digest: media for _, media in found}
            order = {digest: index for index, digest in enumerate(unique)}
            items = [prepared(media) for media in unique.values()]
            places = [(start, order[media.digest]) for start, media in found]
            batch["media"][modality] = items if modality in ragged else torch.stack(items)
            batch["places"][modality] = places if modality in ragged else torch.tensor(places)
    return batch


def attention_mask(segments: Tensor) -> Tensor:
    """segments [B, T] → [B, 1, T, T] bool: causal, and each conversation sees itself and 0 only.

    Padding (-1) attends to itself, so that no softmax is empty.
    """
    query, key = segments[:, :, None], segments[:, None, :]
    index = torch.arange(segments.shape[1], device=segments.device)
    causal = index[None, :] <= index[:, None]
    same = (key == query) | ((key == 0) & (query >= 0))
    own = torch.eye(segments.shape[1], dtype=torch.bool, device=segments.device)
    return ((same & causal) | own)[:, None]


def _padded(rows: list[list[int]], length: int, value: int) -> Tensor:
    return torch.tensor([row + [value] * (length - len(row)) for row in rows])


def _flat(of_rows: list[list[tuple[int, int]]], length: int) -> Tensor:
    pairs = [(n * length + at, id_) for n, pairs in enumerate(of_rows) for at, id_ in pairs]
    return torch.tensor(pairs, dtype=torch.int64).reshape(-1, 2)
