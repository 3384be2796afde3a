"""Writing a model so that `checkpoint: folder` loads it again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sensorium.checkpoint import save_weights
from torch import Tensor

from .checkpoint import ADAPTER_CONFIG, ADAPTER_FOLDER, ADAPTER_WEIGHTS, WEIGHTS
from .vocabulary import HEAD, is_tied

if TYPE_CHECKING:
    from .model import PhiLanguageModel


def save(model: PhiLanguageModel, folder: Path) -> None:
    """Write config.json, model.safetensors, tokenizer.json and, where there is one, adapter/."""
    folder.mkdir(parents=True, exist_ok=True)
    config = model.config
    config.architectures = [type(model.module).__name__]
    config.tie_word_embeddings = is_tied(model.module)
    config.save_pretrained(str(folder))
    # Not transformers' save_pretrained: version 5.23 cannot write a model that was read in nf4.
    # One file: the largest Phi has 5.6 GB, and one file is one hash in a manifest.
    save_weights(base_weights(model), folder / WEIGHTS)
    # A model trained on ids alone has no tokenizer.json, and its copy has none either.
    if model.has_tokenizer:
        model.tokenizer.save(folder)
    adapter = folder / ADAPTER_FOLDER
    if model.adapter is not None:
        from .adapter_files import save_lora

        save_lora(model, adapter)
    else:
        # An adapter left here by an earlier save would be loaded on top of merged weights.
        for name in (ADAPTER_CONFIG, ADAPTER_WEIGHTS):
            (adapter / name).unlink(missing_ok=True)


def base_weights(model: PhiLanguageModel) -> dict[str, Tensor]:
    """The state dict under the names it has without an adapter."""
    weights = {
        name.replace(".base_layer.", "."): tensor
        for name, tensor in model.module.state_dict().items()
        if ".lora_" not in name
    }
    if is_tied(model.module):
        # The same tensor twice; safetensors refuses that, and loading ties it again.
        del weights[HEAD]
    return weights
