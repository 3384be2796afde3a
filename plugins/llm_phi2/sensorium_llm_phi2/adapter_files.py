"""LoRA adapters in PEFT's own files, which PEFT reads as well, and the other way round."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import peft
import torch
from safetensors import SafetensorError, safe_open
from sensorium.checkpoint import save_weights, write_json
from sensorium.errors import CheckpointError
from sensorium.fingerprint import combine, weights_fingerprint
from sensorium.text_files import read_text

from .adapters import adapter_of, inject, refuse_second
from .checkpoint import ADAPTER_CONFIG, ADAPTER_WEIGHTS
from .configuration import first_line

if TYPE_CHECKING:
    from .model import PhiLanguageModel


_UNSUPPORTED = (
    # These put other parts in the place of the model's own, which `save` would have to write apart.
    "modules_to_save",
    "trainable_token_indices",
    "layer_replication",
    # These need token ids, or further adapters, beside the embeddings that a session is given.
    "alora_invocation_tokens",
    "arrow_config",
)


def load_lora(model: PhiLanguageModel, folder: Path, *, trainable: bool = False) -> None:
    """Inject the adapter of a PEFT folder; CheckpointError unless every weight finds its place.

    What PEFT writes beside an adapter, vocabulary layers and biases, replaces the model's own.
    """
    refuse_second(model)
    _check_files(folder)
    adapter = None
    try:
        config = _read_config(folder)
        weights = _read_weights(folder, model.device)
        adapter = inject(model, config)
        _check_names(adapter, weights)
        peft.set_peft_model_state_dict(adapter, weights)
    except (ValueError, TypeError, KeyError, RuntimeError, SafetensorError, OSError) as error:
        if adapter is not None:
            adapter.unload()
        raise CheckpointError(
            f"The adapter does not fit this model: {first_line(error)}",
            where=str(folder),
            hint="Load it on the base model that it was trained on.",
        ) from error
    # PiSSA and its kin have changed the weights below as well, as `save` will write them: they
    # must not be changed a second time.
    config.init_lora_weights = True
    for name, parameter in adapter.named_parameters():
        parameter.requires_grad_(trainable and "lora_" in name)
    model.adapter = adapter
    model.fingerprint = combine(model.fingerprint, weights_fingerprint([folder / ADAPTER_WEIGHTS]))


def save_lora(model: PhiLanguageModel, folder: Path) -> None:
    """Write adapter_config.json and adapter_model.safetensors, for the weights of `model` as they
    are; equal adapters give equal files.
    """
    adapter = adapter_of(model)
    folder.mkdir(parents=True, exist_ok=True)
    # Of adapters that are tied, one is a view of the other, which safetensors would refuse.
    weights = {name: tensor.clone() for name, tensor in _state(adapter).items()}
    save_weights(weights, folder / ADAPTER_WEIGHTS)
    config = adapter.peft_config[adapter.active_adapter].to_dict() | {"inference_mode": True}
    ordered = {key: sorted(held) if isinstance(held, set) else held for key, held in config.items()}
    write_json(folder / ADAPTER_CONFIG, ordered)


def _state(adapter: Any, *, vocabulary: bool = False) -> dict[str, torch.Tensor]:
    """Its weights as PEFT stores them; by itself PEFT adds the vocabulary layers to some."""
    held: dict[str, torch.Tensor] = peft.get_peft_model_state_dict(
        # Given, because PEFT takes the bias of an adapter for a piece of a matrix, and warns.
        adapter,
        state_dict=adapter.state_dict(),
        save_embedding_layers=vocabulary,
    )
    return held


def _check_names(adapter: Any, weights: Mapping[str, torch.Tensor]) -> None:
    """ValueError unless a file holds just this adapter, with the vocabulary or without."""
    missing = _state(adapter).keys() - weights.keys()
    surplus = weights.keys() - _state(adapter, vocabulary=True).keys()
    if differing := sorted(missing | surplus):
        raise ValueError(f"{len(differing)} weights differ, first {differing[0]}")


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
    for unsupported in _UNSUPPORTED:
        if raw.get(unsupported):
            raise ValueError(f"it uses {unsupported}, which this plugin cannot load")
    raw.pop("runtime_config", None)  # of the run that saved it; PEFT ignores it too
    config = peft.LoraConfig.from_peft_type(**raw)
    # Only a name, which PEFT would compare; whether the weights fit is checked by name.
    config.base_model_name_or_path = None
    return config


def _read_weights(folder: Path, device: torch.device) -> dict[str, torch.Tensor]:
    # Safetensors cannot read onto the meta device.
    place = "cpu" if device.type == "meta" else str(device)
    with safe_open(str(folder / ADAPTER_WEIGHTS), framework="pt", device=place) as weights:
        return {key: weights.get_tensor(key).to(device) for key in weights.keys()}  # noqa: SIM118
