"""Attention inside of blocks is attention behind a mask, computed where it is needed."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sensorium.contracts import Block, BlockwiseLanguageModel

WIDTH = 24


@pytest.fixture(scope="module")
def blockwise(model):
    assert isinstance(model, BlockwiseLanguageModel)
    return model


CUTS = st.lists(st.sets(st.integers(1, WIDTH), min_size=1), min_size=1, max_size=3)


@settings(deadline=None, max_examples=15)
@given(cuts=CUTS, masked=st.booleans(), seed=st.integers(0, 99))
def test_as_behind_a_mask(blockwise, cuts, masked, seed):
    """Causal blocks and blocks with a mask, padding at the end of rows; values and gradients."""
    generator = torch.Generator().manual_seed(seed)
    mask = torch.eye(WIDTH, dtype=torch.bool).repeat(len(cuts), 1, 1, 1).view(-1, 1, WIDTH, WIDTH)
    blocks = []
    for row, ends in enumerate(cuts):
        for start, end in pairwise(sorted({0, *ends})):
            causal = torch.ones(end - start, end - start, dtype=torch.bool).tril()
            drawn = torch.rand(causal.shape, generator=generator) < 0.5
            inner = (causal & drawn) | torch.eye(end - start, dtype=torch.bool)
            blocks.append(Block(row, start, end, inner if masked else None))
            mask[row, 0, start:end, start:end] = inner if masked else causal
    inputs = torch.randn(len(cuts), WIDTH, blockwise.width, generator=generator)
    positions = torch.arange(WIDTH).repeat(len(cuts), 1)
    results = []
    for compute, allowed in ((blockwise.hidden, mask), (blockwise.hidden_in_blocks, blocks)):
        given_ = inputs.clone().requires_grad_()
        hidden = compute(given_, allowed, positions)
        hidden.square().sum().backward()
        results.append((hidden.detach(), given_.grad))
    for one, other in zip(*results, strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)


def test_without_blocks_sessions_are_unchanged(blockwise):
    """The same attention serves a chat: token by token as at once."""
    ids = torch.arange(9) % blockwise.vocabulary
    embeddings = blockwise.embed(ids).detach()
    at_once = blockwise.open_session().append(embeddings, last=9)
    session = blockwise.open_session()
    each = torch.cat([session.append(one[None]) for one in embeddings])
    torch.testing.assert_close(each, at_once, atol=1e-4, rtol=1e-4)


def test_layers_computed_again_keep_to_their_blocks(blockwise):
    """Gradient checkpointing hands the blocks on."""
    inputs = torch.randn(1, WIDTH, blockwise.width, generator=torch.Generator().manual_seed(0))
    blocks = [Block(0, 0, 10), Block(0, 10, WIDTH)]
    gradients = []
    for checkpointed in (False, True):
        given_ = inputs.clone().requires_grad_()
        try:
            if checkpointed:
                blockwise.module.activation_checkpointing_enable()
                blockwise.module.train()  # it does nothing in eval mode; there is no dropout
            positions = torch.arange(WIDTH)[None]
            blockwise.hidden_in_blocks(given_, blocks, positions)[0, :10].sum().backward()
        finally:
            blockwise.module.activation_checkpointing_disable()
            blockwise.module.eval()
        gradients.append(given_.grad)
    torch.testing.assert_close(gradients[1], gradients[0])
    assert not gradients[1][0, 10:].any()
    assert gradients[1][0, :10].any()
