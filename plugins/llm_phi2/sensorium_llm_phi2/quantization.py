"""nf4 through bitsandbytes: 4-bit weights of the layers.

Method: QLoRA, https://arxiv.org/abs/2305.14314.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import torch
from sensorium.errors import CheckpointError, MissingPackageError

from .options import Phi2Options


def require_bitsandbytes() -> None:
    """MissingPackageError unless bitsandbytes is installed."""
    if importlib.util.find_spec("bitsandbytes") is None:
        raise MissingPackageError("bitsandbytes", "nf4 quantization", extra="quantize")


def nf4_settings(options: Phi2Options, dtype: torch.dtype) -> Any:
    """What transformers wants to know; None where the options ask for plain weights."""
    if options.quantization is None:
        return None
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
    )


def is_stored_quantized(raw: dict[str, Any], folder: Path) -> bool:
    """Whether a checkpoint's weights are nf4 already; CheckpointError for any other method."""
    stored = raw.get("quantization_config")
    if stored is None:
        return False
    method = stored.get("quant_method") if isinstance(stored, dict) else stored
    if method != "bitsandbytes":
        raise CheckpointError(
            f"The weights are quantized with {method!r}; they can be plain, GPTQ, AWQ or nf4",
            where=str(folder),
            hint="Use the checkpoint they were made from.",
        )
    return True


def keep_plain(module: Any) -> None:
    """On CPUs with bfloat16 bitsandbytes repacks weights when they are first used: for a kernel
    that is a package of its own, only in multiples of 32, and so that they cannot be saved again.
    """
    for part in module.modules():
        if hasattr(part, "support_avx512bf16_for_cpu"):
            part.support_avx512bf16_for_cpu = False
