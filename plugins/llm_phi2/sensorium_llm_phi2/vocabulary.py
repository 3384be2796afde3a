"""The two ends of a model, embeddings and head, which may be one weight.

To adapters and file formats they are two layers: whoever changes one end has to look at the other.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

TABLE, HEAD = "model.embed_tokens.weight", "lm_head.weight"
"""Their names in a plain model."""


def stored_ends(names: Container[str], *, tied: bool) -> tuple[str, str]:
    """Under which of the names in a file table and head are found, as transformers looks for them.

    A tied pair may be there once, under either name, or twice: then each is what it is.
    """
    if not tied:
        return TABLE, HEAD
    return (TABLE if TABLE in names else HEAD, HEAD if HEAD in names else TABLE)


def is_tied(module: Any) -> bool:
    """Whether both ends of a `PhiForCausalLM`, with an adapter or without, are one weight."""
    table, head = ends(module)
    return head.weight is table.weight


def untie(module: Any) -> None:
    """Give the head a copy of its own, which `config` says from now on."""
    from torch import nn  # what is known of the names needs no torch

    _, head = ends(module)
    shared = head.weight
    head.weight = nn.Parameter(shared.detach().clone(), requires_grad=shared.requires_grad)
    module.config.tie_word_embeddings = False


def ends(module: Any) -> tuple[Any, Any]:
    """The embedding and the linear layer themselves, below any adapter."""
    return _below(module.model.embed_tokens), _below(module.lm_head)


def _below(layer: Any) -> Any:
    while hasattr(layer, "base_layer"):
        layer = layer.base_layer
    return layer
