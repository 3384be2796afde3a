"""GPTQ checkpoints by plain rounding, in the format that GPTQ libraries write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

LINEAR = ("q_proj", "k_proj", "v_proj", "dense", "fc1", "fc2")


def pack_int32(values: Tensor, bits: int) -> Tensor:
    """Integers [..., M] → int32 [..., M * bits / 32], the lowest bits first."""
    apart = values.long().unflatten(-1, (-1, 32 // bits))
    shifts = torch.arange(0, 32, bits)
    whole = (apart << shifts).sum(dim=-1)
    return torch.where(whole >= 1 << 31, whole - (1 << 32), whole).to(torch.int32)


def pack_linear(
    values: Tensor, zeros: Tensor, scales: Tensor, groups: Tensor, *, bits: int, offset: int
) -> dict[str, Tensor]:
    """values [K, N], zeros and scales [G, N], groups [K] → the four stored tensors."""
    return {
        "qweight": pack_int32(values.T, bits).T.contiguous(),
        # Taken off the whole number of 32 bits, as the libraries do it.
        "qzeros": pack_int32(zeros, bits) - offset * sum(1 << s for s in range(0, 32, bits)),
        "scales": scales.half().contiguous(),
        "g_idx": groups.to(torch.int32),
    }


def round_linear(weight: Tensor, group: int, bits: int, order: Tensor) -> tuple[Tensor, ...]:
    """[N, K] → values, zeros, scales, groups; `order` [K] says which inputs share a group."""
    outputs, inputs = weight.shape
    parts = weight[:, order].reshape(outputs, inputs // group, group)
    low, high = parts.amin(2).clamp(max=0), parts.amax(2).clamp(min=0)
    highest = 2**bits - 1
    scales = ((high - low) / highest).half().float()
    zeros = (-low / scales).round().clamp(0, highest)
    values = ((parts / scales[..., None]).round() + zeros[..., None]).clamp(0, highest)
    groups = torch.empty(inputs, dtype=torch.long)
    groups[order] = torch.arange(inputs) // group
    back = torch.argsort(order)
    return values.flatten(1)[:, back].T, zeros.T, scales.T, groups


def write_gptq(
    model: Any,
    folder: Path,
    *,
    group: int = 32,
    bits: int = 4,
    act_order: bool = False,
    checkpoint_format: str = "gptq",
) -> Path:
    """Round every layer of a `PhiForCausalLM` and save what GPTQ libraries would."""
    model.save_pretrained(folder)
    generator = torch.Generator().manual_seed(2)
    tensors = {}
    orders: dict[str, Tensor] = {}
    for name, tensor in model.state_dict().items():
        layer, _, part = name.rpartition(".")
        if part != "weight" or layer.rpartition(".")[2] not in LINEAR:
            tensors[name] = tensor.half()
            continue
        inputs = tensor.shape[1]
        # Layers that read the same inputs have the same order, as the same statistics give it.
        key = layer if layer.endswith(("dense", "fc2")) else layer.split(".")[2]
        if key not in orders:
            shuffled = torch.randperm(inputs, generator=generator)
            orders[key] = shuffled if act_order else torch.arange(inputs)
        stored = pack_linear(
            *round_linear(tensor.float(), group, bits, orders[key]),
            bits=bits,
            offset=int(checkpoint_format == "gptq"),
        )
        tensors |= {f"{layer}.{suffix}": value for suffix, value in stored.items()}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    config["quantization_config"] = {
        "quant_method": "gptq",
        "bits": bits,
        "group_size": group,
        "desc_act": act_order,
        "sym": False,
        "checkpoint_format": checkpoint_format,
    }
    (folder / "config.json").write_text(json.dumps(config))
    return folder
