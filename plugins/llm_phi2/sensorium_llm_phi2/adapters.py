"""LoRA adapters in PEFT's own format: add, load, save, merge.

Low-rank adaptation: https://arxiv.org/abs/2106.09685; on an nf4 base it is QLoRA.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import peft
import torch
from safetensors import SafetensorError, safe_open
from sensorium.errors import CheckpointError, ConfigError
from sensorium.fingerprint import combine, weights_fingerprint
from sensorium.lora import LoraOptions
from sensorium.text_files import read_text

from .checkpoint import ADAPTER_CONFIG, ADAPTER_WEIGHTS

if TYPE_CHECKING:
    from .model import PhiLanguageModel

__all__ = ["LoraOptions", "add_lora", "load_lora", "merge", "save_lora"]


def add_lora(model: PhiLanguageModel, options: LoraOptions, *, seed: int = 0) -> None:
    """Freeze the weights and inject a fresh adapter, which at first changes no output.

    Only the adapter's parameters (float32) then require gradients.
    """
    _refuse_second(model)
    known = {name.rsplit(".", 1)[-1] for name, _ in model.module.named_modules()}
    if unknown := sorted(set(options.targets) - known):
        raise ConfigError(
            f"This model has no layers named {', '.join(unknown)}", where="lora.targets"
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
        model.adapter = _inject(model, config)


def load_lora(model: PhiLanguageModel, folder: Path, *, trainable: bool = False) -> None:
    """Inject the adapter of a PEFT folder; CheckpointError unless every weight finds its place."""
    _refuse_second(model)
    _check_files(folder)
    adapter = None
    try:
        config = _read_config(folder)
        weights = _read_weights(folder, model.device)
        adapter = _inject(model, config)
        if differing := sorted(weights.keys() ^ set(peft.get_peft_model_state_dict(adapter))):
            raise ValueError(f"{len(differing)} weights differ, first {differing[0]}")
        peft.set_peft_model_state_dict(adapter, weights)
    except (ValueError, TypeError, KeyError, RuntimeError, SafetensorError, OSError) as error:
        if adapter is not None:
            adapter.unload()
        reason = str(error).strip().partition("\n")[0][:200] or type(error).__name__
        raise CheckpointError(
            f"The adapter does not fit this model: {reason}",
            where=str(folder),
            hint="Load it on the base model that it was trained on.",
        ) from error
    for name, parameter in adapter.named_parameters():
        parameter.requires_grad_(trainable and "lora_" in name)
    model.adapter = adapter
    model.fingerprint = combine(model.fingerprint, weights_fingerprint([folder / ADAPTER_WEIGHTS]))


def save_lora(model: PhiLanguageModel, folder: Path) -> None:
    """Write adapter_config.json and adapter_model.safetensors."""
    _adapter(model).save_pretrained(str(folder), save_embedding_layers=False)


def merge(model: PhiLanguageModel) -> None:
    """Add the adapter into the weights; the model then is a plain one."""
    adapter = _adapter(model)
    if getattr(model.module, "is_quantized", False):
        raise ConfigError(
            "An adapter cannot be merged into nf4 weights without rounding it away",
            hint="Load the checkpoint with quantization: null and this adapter, then merge.",
        )
    adapter.merge_and_unload()  # in place: `model.module` stays the same object
    model.adapter = None


def _inject(model: PhiLanguageModel, config: peft.LoraConfig) -> Any:
    with warnings.catch_warnings():
        # peft 0.21 asks transformers 5.23 by the older of two names; nothing is lost.
        warnings.filterwarnings("ignore", ".*is_gradient_checkpointing", FutureWarning)
        # On the meta device the adapter has shapes only, as the rest.
        adapter = peft.get_peft_model(
            model.module, config, low_cpu_mem_usage=model.device.type == "meta"
        )
    # Fresh layers start in training mode, with dropout, whatever the rest is in.
    return adapter.train(model.module.training)


def _adapter(model: PhiLanguageModel) -> Any:
    if model.adapter is None:
        raise ConfigError("The model has no adapter", hint="Set the option adapter.")
    return model.adapter


def _refuse_second(model: PhiLanguageModel) -> None:
    if model.adapter is not None:
        raise ConfigError("The model has an adapter already", hint="Merge it first.")


def _check_files(folder: Path) -> None:
    for name in (ADAPTER_CONFIG, ADAPTER_WEIGHTS):
        if not (folder / name).is_file():
            pickled = (folder / "adapter_model.bin").is_file()
            because = ", only a pickle, which could run code" if pickled else ""
            raise CheckpointError(
                f"The adapter folder has no {name}{because}",
                where=str(folder),
                hint="Save it with peft's save_pretrained, which writes safetensors.",
            )


def _read_config(folder: Path) -> peft.LoraConfig:
    raw = json.loads(read_text(folder / ADAPTER_CONFIG))
    if not isinstance(raw, dict) or raw.get("peft_type") != "LORA":
        raise ValueError("it is no LoRA adapter")
    # Both replace weights of the model itself, which `save` writes as those of the base.
    for unsupported in ("modules_to_save", "trainable_token_indices"):
        if raw.get(unsupported):
            raise ValueError(f"it uses {unsupported}, which this plugin cannot load")
    config = peft.LoraConfig.from_pretrained(str(folder))
    # Only a name, which PEFT would compare; whether the weights fit is checked by name.
    config.base_model_name_or_path = None
    return config


def _read_weights(folder: Path, device: torch.device) -> dict[str, torch.Tensor]:
    # Safetensors cannot read onto the meta device.
    place = "cpu" if device.type == "meta" else str(device)
    with safe_open(str(folder / ADAPTER_WEIGHTS), framework="pt", device=place) as weights:
        return {key: weights.get_tensor(key).to(device) for key in weights.keys()}  # noqa: SIM118
