"""Attention inside of blocks: what stands in one row does not cost the square of the row.

Legend: B rows, T positions of a row, H heads, h head width.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from sensorium.contracts import Block
from torch import Tensor, nn
from torch.nn import functional
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

NAME = "sensorium-blocks"
"""Name of the attention in transformers. Without blocks it is sdpa."""


def attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    blocks: Sequence[Block] | None = None,
    scaling: float | None = None,
    dropout: float = 0.0,
    **more: Any,
) -> tuple[Tensor, None]:
    """query, key, value [B, H, T, h] → [B, T, H, h]."""
    if blocks is None:
        result: tuple[Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, **more
        )
        return result
    rows = [
        _row(*heads, [block for block in blocks if block.row == number], scaling, dropout)
        for number, heads in enumerate(zip(query, key, value, strict=True))
    ]
    return torch.stack(rows).transpose(1, 2), None


def _row(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    blocks: Sequence[Block],
    scaling: float | None,
    dropout: float,
) -> Tensor:
    """Each [H, T, h] → [H, T, h]; padding sees itself, which is its own value."""
    sizes = [block.end - block.start for block in blocks]
    sizes.append(query.shape[1] - sum(sizes))
    # Split and joined once: a slice for each block would have a gradient of the whole row each.
    split = [heads.split_with_sizes(sizes, dim=1) for heads in (query, key, value)]
    attended = [
        functional.scaled_dot_product_attention(
            q[None],
            k[None],
            v[None],
            attn_mask=None if block.mask is None else block.mask.to(q.device),
            is_causal=block.mask is None,
            dropout_p=dropout,
            scale=scaling,
        )[0]
        for block, q, k, v in zip(blocks, *(pieces[:-1] for pieces in split), strict=True)
    ]
    return torch.cat([*attended, split[2][-1]], dim=1)


AttentionInterface.register(NAME, attention)
AttentionMaskInterface.register(NAME, sdpa_mask)
