"""What a Phi model takes of this machine, from config.json alone."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from sensorium.footprint import Footprint, Products, TorchProducts, Work, count, size_of
from torch import nn

from .build import build, count_parameters
from .model import PhiLanguageModel
from .options import Phi2Options
from .quantization import keep_plain

if TYPE_CHECKING:
    from transformers import PhiConfig


def footprint(options: Phi2Options) -> Footprint:
    """Of the model on torch, in the number format that it would be loaded in."""
    model = build(options, "meta")
    config, weights = model.config, size_of(model.module)
    work = work_of_a_token(model)
    head = head_flops(config)
    table = 0 if config.tie_word_embeddings else model.decoder.embed_tokens.weight.nbytes
    return Footprint(
        parameters=count_parameters(config),
        resident_bytes=weights,
        read_bytes=weights - table,
        flops=work.flops - head,
        call_flops=head,
        operations=work.operations,
        kv_bytes=kv_bytes(config, model.dtype),
        products=partial(_products, config, model.dtype, options.quantization is not None),
    )


def work_of_a_token(model: PhiLanguageModel) -> Work:
    """What one position costs, for a `model` on the device 'meta'."""
    row = torch.empty(1, model.width, device="meta", dtype=model.dtype)
    return count(lambda: model.open_session().append(row))


def head_flops(config: PhiConfig) -> int:
    """Of the vocabulary head, for the one position whose logits are wanted."""
    return 2 * int(config.vocab_size) * int(config.hidden_size)


def kv_bytes(config: PhiConfig, dtype: torch.dtype) -> int:
    """Keys and values of one position."""
    width = config.hidden_size // config.num_attention_heads * config.num_key_value_heads
    return 2 * int(config.num_hidden_layers) * int(width) * dtype.itemsize


def _products(config: Any, dtype: torch.dtype, nf4: bool, size: int) -> Products:
    width, inner = config.hidden_size, config.intermediate_size
    if nf4:
        return Nf4Products(width, inner, dtype)
    return TorchProducts(width, inner, size, layers=config.num_hidden_layers, dtype=dtype)


class Nf4Products:
    """One pair of matrices: unpacking them takes so long that no cache makes a difference."""

    def __init__(self, width: int, inner: int, dtype: torch.dtype) -> None:
        from bitsandbytes.nn import Linear4bit

        settings: dict[str, Any] = {"bias": False, "compute_dtype": dtype, "quant_type": "nf4"}
        pair = Linear4bit(width, inner, **settings), Linear4bit(inner, width, **settings)
        self._pair = nn.Sequential(*pair).to(dtype).to("cpu")
        keep_plain(self._pair)
        self._row = torch.ones(1, width, dtype=dtype)
        self.flops = 4 * width * inner

    def multiply(self, rows: int) -> None:
        """[rows, width] through both."""
        with torch.inference_mode():
            self._pair(self._row.expand(rows, -1).contiguous())
