"""The widths of a Phi model and the shapes of its tensors, from config.json; imports no torch.

Legend: V vocabulary, D width, K width of keys and values, h head width, I inner width.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sensorium.contracts import LanguageModelShape
from sensorium.errors import CheckpointError, ConfigError

from .vocabulary import HEAD, TABLE

BLOCK = 64
"""Weights that share one scale in nf4."""

_COUNTS: dict[str, int | None] = {
    "hidden_size": None,
    "vocab_size": None,
    "max_position_embeddings": None,
    "intermediate_size": 8192,
    "num_hidden_layers": 24,
    "num_attention_heads": 32,
    "num_key_value_heads": None,
}
"""Keys, and what transformers takes where one is absent; without the first three there is no
model. As many heads have keys and values as there are heads, if nothing else is said."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """What decides the shape of every tensor."""

    width: int
    inner: int
    layers: int
    heads: int
    key_value_heads: int
    vocabulary: int
    context_length: int
    tied: bool
    qk_norm: bool

    @property
    def shape(self) -> LanguageModelShape:
        """What the core asks."""
        return LanguageModelShape(self.width, self.vocabulary, self.context_length)

    @property
    def head_width(self) -> int:
        """Channels of one head."""
        return self.width // self.heads

    @property
    def matrices(self) -> dict[str, tuple[int, int]]:
        """The linear layers of the decoder, which formats of few bits round: (outputs, inputs)."""
        keys = self.head_width * self.key_value_heads
        of_a_layer = {
            "self_attn.q_proj": (self.width, self.width),
            "self_attn.k_proj": (keys, self.width),
            "self_attn.v_proj": (keys, self.width),
            "self_attn.dense": (self.width, self.width),
            "mlp.fc1": (self.inner, self.width),
            "mlp.fc2": (self.width, self.inner),
        }
        return {
            f"model.layers.{number}.{name}": shape
            for number in range(self.layers)
            for name, shape in of_a_layer.items()
        }

    @property
    def tensors(self) -> dict[str, tuple[int, ...]]:
        """All of a plain checkpoint by their names, both ends of a tied vocabulary among them."""
        found: dict[str, tuple[int, ...]] = {TABLE: (self.vocabulary, self.width)}
        for name, (outputs, inputs) in self.matrices.items():
            found |= {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}
        norms = {f"model.layers.{n}.input_layernorm": self.width for n in range(self.layers)}
        if self.qk_norm:
            for part in ("q", "k"):
                norms |= {
                    f"model.layers.{number}.self_attn.{part}_layernorm": self.head_width
                    for number in range(self.layers)
                }
        norms["model.final_layernorm"] = self.width
        for name, width in norms.items():
            found |= {f"{name}.weight": (width,), f"{name}.bias": (width,)}
        return found | {HEAD: (self.vocabulary, self.width), "lm_head.bias": (self.vocabulary,)}


def read_architecture(config: Mapping[str, Any], where: str) -> Architecture:
    """The widths that config.json gives; CheckpointError where they make no model."""

    def refuse(complaint: str) -> CheckpointError:
        return CheckpointError(f"config.json describes no Phi model: {complaint}", where=where)

    counts = {key: config.get(key, default) for key, default in _COUNTS.items()}
    if counts["num_key_value_heads"] is None:
        counts["num_key_value_heads"] = counts["num_attention_heads"]
    for key, value in counts.items():
        if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
            raise refuse(f"{key} is {value!r}, not a positive number")
    found = Architecture(
        width=counts["hidden_size"],
        inner=counts["intermediate_size"],
        layers=counts["num_hidden_layers"],
        heads=counts["num_attention_heads"],
        key_value_heads=counts["num_key_value_heads"],
        vocabulary=counts["vocab_size"],
        context_length=counts["max_position_embeddings"],
        tied=bool(config.get("tie_word_embeddings", False)),
        qk_norm=bool(config.get("qk_layernorm", False)),
    )
    if found.width % found.heads:
        raise refuse(f"num_attention_heads {found.heads} does not divide the width {found.width}")
    if found.heads % found.key_value_heads:
        raise refuse(
            f"num_key_value_heads {found.key_value_heads} does not divide the {found.heads} heads"
        )
    if config.get("head_dim") not in (None, found.head_width):
        raise refuse(f"head_dim {config['head_dim']!r} is not {found.head_width}, width / heads")
    if complaint := _rotary_complaint(config, found.head_width):
        raise refuse(complaint)
    return found


def _rotary_complaint(config: Mapping[str, Any], head_width: int) -> str | None:
    """What is wrong with how much of a head is turned, where transformers looks for it."""
    settings = config.get("rope_scaling") or config.get("rope_parameters") or {}
    if not isinstance(settings, Mapping):
        return f"rope_parameters is {settings!r}, no object"
    share = settings.get("partial_rotary_factor", config.get("partial_rotary_factor", 0.5))
    if not isinstance(share, int | float) or not 0 < share <= 1:
        return f"partial_rotary_factor is {share!r}, not a share of 1"
    if (turned := int(head_width * share)) % 2 or not turned:
        return f"the rotated part of a head has an odd width, {turned} of {head_width}"
    return None


def require_whole_blocks(architecture: Architecture) -> None:
    """ConfigError where blocks of nf4 would reach over the end of a row.

    bitsandbytes 0.50 then computes wrong weights on CPUs with AVX-512, and says nothing.
    """
    widths = {"hidden_size": architecture.width, "intermediate_size": architecture.inner}
    for key, width in widths.items():
        if width % BLOCK:
            raise ConfigError(
                f"nf4 takes blocks of {BLOCK} weights, which do not fill the {key} of {width}",
                where="quantization",
                hint="Leave it out: so small a model gains nothing by it.",
            )
