"""The settings of a low-rank adapter, the same for every language model that can have one."""

from __future__ import annotations

from pydantic import Field

from .limits import LARGEST_WIDTH
from .options import Options


class LoraOptions(Options):
    """How large an adapter is and where it sits (https://arxiv.org/abs/2106.09685)."""

    r: int = Field(default=64, ge=1, le=LARGEST_WIDTH, description="Rank of the two factors.")
    alpha: float = Field(
        default=16.0, gt=0, le=1e6, description="The factors count alpha / r times."
    )
    dropout: float = Field(default=0.1, ge=0, lt=1, description="Dropout before the factors.")
    targets: tuple[str, ...] = Field(
        default=("q_proj", "k_proj", "v_proj", "dense", "fc1", "fc2"),
        min_length=1,
        description="Names of the layers that get an adapter: linear ones, the vocabulary head "
        "(lm_head) and the token embeddings (embed_tokens) included.",
    )
