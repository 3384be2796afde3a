"""A Phi of any shape with random weights, as a checkpoint of GPTQ or of float16, layer by layer.

No more than one layer is ever held: Phi-2 in float32 would have 11 GB. How fast a model is does not
depend on what its weights are.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

GROUP_SIZE = 128
_SPREAD = 0.02


def write_checkpoint(
    config: dict[str, Any], folder: Path, *, group_size: int | None = GROUP_SIZE
) -> None:
    """config.json, one file for every layer, and their index; float16 without a `group_size`."""
    torch.manual_seed(0)
    width, inner = config["hidden_size"], config["intermediate_size"]
    places: dict[str, str] = {}
    for layer in range(config["num_hidden_layers"]):
        name = f"model.layers.{layer}"
        tensors = _norm(f"{name}.input_layernorm", width)
        for part in ("q_proj", "k_proj", "v_proj", "dense"):
            tensors |= _linear(f"{name}.self_attn.{part}", width, width, group_size)
        tensors |= _linear(f"{name}.mlp.fc1", width, inner, group_size)
        tensors |= _linear(f"{name}.mlp.fc2", inner, width, group_size)
        places |= _save(tensors, folder / f"layer-{layer:02}.safetensors")
    vocabulary = config["vocab_size"]
    rest = {
        **_norm("model.final_layernorm", width),
        "model.embed_tokens.weight": _floats(vocabulary, width),
        "lm_head.weight": _floats(vocabulary, width),
        "lm_head.bias": torch.zeros(vocabulary, dtype=torch.float16),
    }
    places |= _save(rest, folder / "rest.safetensors")
    index = {"metadata": {}, "weight_map": places}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2))
    if group_size is not None:
        stored = {"quant_method": "gptq", "bits": 4, "group_size": group_size}
        config = {**config, "quantization_config": stored}
    (folder / "config.json").write_text(json.dumps(config, indent=2))


def _save(tensors: dict[str, Tensor], path: Path) -> dict[str, str]:
    """→ which file each of them is in."""
    save_file(tensors, path, metadata={"format": "pt"})
    return dict.fromkeys(tensors, path.name)


def _floats(*shape: int) -> Tensor:
    return (torch.randn(shape) * _SPREAD).half()


def _norm(name: str, width: int) -> dict[str, Tensor]:
    ones = torch.ones(width, dtype=torch.float16)
    return {f"{name}.weight": ones, f"{name}.bias": torch.zeros_like(ones)}


def _linear(name: str, inputs: int, outputs: int, group_size: int | None) -> dict[str, Tensor]:
    """Any int32 is eight integers."""
    bias = {f"{name}.bias": torch.zeros(outputs, dtype=torch.float16)}
    if group_size is None:
        return {f"{name}.weight": _floats(outputs, inputs), **bias}
    groups = inputs // group_size
    anything = torch.randint(-(2**31), 2**31, (inputs // 8, outputs), dtype=torch.int64)
    return {
        f"{name}.qweight": anything.to(torch.int32),
        # Eight times 7: a zero of 8, stored less one.
        f"{name}.qzeros": torch.full((groups, outputs // 8), 0x77777777, dtype=torch.int32),
        f"{name}.scales": torch.full((groups, outputs), _SPREAD / 4.6, dtype=torch.float16),
        f"{name}.g_idx": (torch.arange(inputs) // group_size).to(torch.int32),
        **bias,
    }
