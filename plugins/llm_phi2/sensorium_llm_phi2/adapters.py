"""LoRA adapters, which are PEFT's: inject one, merge it; `adapter_files.py` reads and writes them.

Low-rank adaptation: https://arxiv.org/abs/2106.09685; on an nf4 base it is QLoRA.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import peft
import torch
from peft.tuners.tuners_utils import BaseTunerLayer
from sensorium.errors import ConfigError
from sensorium.lora import LoraOptions
from torch import nn

from .vocabulary import ends, is_tied, untie

if TYPE_CHECKING:
    from .model import PhiLanguageModel


def add_lora(model: PhiLanguageModel, options: LoraOptions, *, seed: int = 0) -> None:
    """Freeze the weights and inject a fresh adapter, which at first changes no output.

    Only the adapter's parameters (float32) then require gradients.
    """
    refuse_second(model)
    able = {
        name.rpartition(".")[2]
        for name, part in model.module.named_modules()
        if isinstance(part, nn.Linear | nn.Embedding)
    }
    if unknown := sorted(set(options.targets) - able):
        raise ConfigError(
            f"This model has no linear or embedding layers named {', '.join(unknown)}",
            where="lora.targets",
            hint=f"It has: {', '.join(sorted(able))}.",
        )
    config = peft.LoraConfig(
        r=options.r,
        lora_alpha=options.alpha,
        lora_dropout=options.dropout,
        target_modules=list(options.targets),
        task_type="CAUSAL_LM",
    )
    with torch.random.fork_rng([model.device] if model.device.type == "cuda" else []):
        torch.manual_seed(seed)
        model.adapter = inject(model, config)


def check_merge(model: PhiLanguageModel) -> None:
    """ConfigError where the adapter sits on integers, which cannot take it up."""
    on_integers = sorted(
        {
            name.rpartition(".")[2]
            for name, layer in _adapted(adapter_of(model))
            if not layer.get_base_layer().weight.is_floating_point()
        }
    )
    if on_integers:
        raise ConfigError(
            "An adapter cannot be merged into nf4 weights without rounding it away "
            f"({', '.join(on_integers)})",
            hint="Keep the adapter beside them, or load the checkpoint with quantization: null.",
        )


def merge(model: PhiLanguageModel) -> None:
    """Add the adapter into the weights; the model then is a plain one.

    Where embeddings and head are one weight and the adapter changes one of them, they become two.
    """
    check_merge(model)
    adapter = adapter_of(model)
    changed = [layer.get_base_layer() for _, layer in _adapted(adapter)]
    if is_tied(model.module) and any(end in changed for end in ends(model.module)):
        untie(model.module)
    adapter.merge_and_unload()  # in place: `model.module` stays the same object
    model.adapter = None


def inject(model: PhiLanguageModel, config: peft.LoraConfig) -> Any:
    """The `peft.PeftModel` around `model.module`, whose layers it changes in place."""
    with warnings.catch_warnings():
        # peft 0.21 asks transformers 5.23 by the older of two names; nothing is lost.
        warnings.filterwarnings("ignore", ".*is_gradient_checkpointing", FutureWarning)
        # `merge` unties what must not be one weight any more.
        warnings.filterwarnings("ignore", "Model has `tie_word_embeddings=True`", UserWarning)
        # On the meta device the adapter has shapes only, as the rest.
        adapter = peft.get_peft_model(
            model.module, config, low_cpu_mem_usage=model.device.type == "meta"
        )
    # Fresh layers start in training mode, with dropout, whatever the rest is in.
    return adapter.train(model.module.training)


def adapter_of(model: PhiLanguageModel) -> Any:
    """The model's adapter; ConfigError where it has none."""
    if model.adapter is None:
        raise ConfigError("The model has no adapter", hint="Set the option adapter.")
    return model.adapter


def refuse_second(model: PhiLanguageModel) -> None:
    """ConfigError where the model has an adapter."""
    if model.adapter is not None:
        raise ConfigError("The model has an adapter already", hint="Merge it first.")


def _adapted(adapter: Any) -> list[tuple[str, Any]]:
    """The layers that have a part of the adapter, by name."""
    return [(n, part) for n, part in adapter.named_modules() if isinstance(part, BaseTunerLayer)]
