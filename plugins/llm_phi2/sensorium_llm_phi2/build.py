"""Options → a Phi model with its weights in place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from sensorium.checkpoint import no_progress_bar
from sensorium.errors import CheckpointError, placed
from sensorium.fingerprint import combine, weights_fingerprint
from transformers import PhiConfig, PhiForCausalLM

from . import blocks
from .architecture import read_architecture, require_whole_blocks
from .checkpoint import (
    ADAPTER_CONFIG,
    ADAPTER_FOLDER,
    CONFIG,
    checkpoint_folder,
    read_config,
    weight_files,
)
from .configuration import first_line, phi_config
from .fitting import check_tokenizer, check_weights, refuse_gaps
from .formats import dequantized_weights, read_format
from .model import PhiLanguageModel
from .options import Phi2Options
from .placement import dtype_for
from .quantization import (
    is_stored_quantized,
    keep_plain,
    nf4_settings,
    require_bitsandbytes,
)
from .shapes import pack
from .vocabulary import is_tied
from .weights import StoredWeights

# sdpa where there are no blocks. A 4-D boolean mask means "allowed" to it; the eager implementation
# would add it up.
_ATTENTION = {"attn_implementation": blocks.NAME}


def build(options: Phi2Options, device: str) -> PhiLanguageModel:
    """The model that the options describe, in eval mode; on the device 'meta' its shapes alone."""
    shapes_only = device == "meta"
    from_weights = options.random_seed is None and not shapes_only
    folder = checkpoint_folder(options, weights=from_weights)
    raw = read_config(folder / CONFIG, options.config)
    architecture = read_architecture(raw, str(folder / CONFIG))
    check_tokenizer(architecture.vocabulary, folder)
    config = phi_config(raw, folder)
    integers = read_format(raw, folder)
    stored = integers is None and is_stored_quantized(raw, folder)
    if options.quantization or stored:
        require_bitsandbytes()
        require_whole_blocks(architecture)
    dtype = dtype_for(options, device, count_parameters(config))
    quantization = None if stored or shapes_only else nf4_settings(options, dtype)
    if from_weights:
        files = weight_files(folder)
        # First: what does not fit, or is not there, is named before anything is built.
        check_weights(architecture, raw, folder, files)
        fingerprint = weights_fingerprint(files)
        with StoredWeights(files) as weights, placed(str(folder)), no_progress_bar():
            source: dict[str, Any] = {"pretrained_model_name_or_path": str(folder)}
            if integers is not None:
                source = _given(config, dequantized_weights(weights, integers, dtype))
            elif quantization is not None or (not stored and weights.dtypes != {dtype}):
                # By itself, transformers maps all that it converts, up to the last tensor.
                source = _given(config, weights.apart())
            module = _load(source, folder, dtype, device, quantization)
    else:
        fingerprint = combine("random", json.dumps(raw, sort_keys=True), str(options.random_seed))
        with no_progress_bar():
            module = random_module(config, options.random_seed or 0, dtype, device, quantization)
    if options.quantization or stored:
        (pack if shapes_only else keep_plain)(module)
    # PEFT writes this name into every adapter: a hub id is worth it, a person's folder is not.
    is_hub_id = not Path(options.checkpoint).expanduser().is_dir()
    module.name_or_path = options.checkpoint if is_hub_id else ""
    model = PhiLanguageModel(module.eval(), folder, fingerprint)
    if adapter := _adapter_folder(options, folder):
        from .adapter_files import load_lora  # PEFT takes a second to import

        load_lora(model, adapter)
    return model


def count_parameters(config: PhiConfig) -> int:
    """Parameters of this shape; builds the model on the meta device, so without memory."""
    with torch.device("meta"):
        shell = PhiForCausalLM._from_config(config)
    return sum(parameter.numel() for parameter in shell.parameters())


def random_module(
    config: PhiConfig, seed: int, dtype: torch.dtype, device: str, quantization: Any = None
) -> Any:
    """Fresh weights, drawn in `dtype` on `device` without a float32 copy."""
    place = torch.device(device)
    with torch.random.fork_rng([place] if place.type == "cuda" else []), place:
        torch.manual_seed(seed)
        module = PhiForCausalLM._from_config(config, dtype=dtype, **_ATTENTION)
    if quantization is None:
        return module
    return PhiForCausalLM.from_pretrained(
        None,
        config=config,
        state_dict=module.state_dict(),
        dtype=dtype,
        device_map={"": device},
        quantization_config=quantization,
        **_ATTENTION,
    )


def _given(config: PhiConfig, weights: dict[str, Any]) -> dict[str, Any]:
    return {"pretrained_model_name_or_path": None, "config": config, "state_dict": weights}


def _load(
    source: dict[str, Any], folder: Path, dtype: torch.dtype, device: str, quantization: Any
) -> Any:
    try:
        module, info = PhiForCausalLM.from_pretrained(
            **source,
            dtype=dtype,
            device_map={"": device},
            use_safetensors=True,
            local_files_only=True,
            output_loading_info=True,
            # Mismatches then come back as a list instead of as an exception of unknown class.
            ignore_mismatched_sizes=True,
            quantization_config=quantization,
            **_ATTENTION,
        )
    except (SafetensorError, OSError, ValueError, RuntimeError, KeyError) as error:
        raise CheckpointError(
            f"The weights cannot be read: {first_line(error)}",
            where=str(folder),
            hint="The file may be cut off or damaged; download or save it again.",
        ) from error
    # Checked once more, by who has filled it.
    mismatched = info["mismatched_keys"]
    refuse_gaps(
        folder,
        missing=info["missing_keys"],
        mismatched=[key if isinstance(key, str) else str(key[0]) for key in mismatched],
        surplus=info["unexpected_keys"],
    )
    # Where the file holds two ends that differ, transformers leaves them so, whatever config.json
    # says.
    module.config.tie_word_embeddings = is_tied(module)
    return module


def _adapter_folder(options: Phi2Options, folder: Path) -> Path | None:
    if options.adapter is not None:
        return options.adapter.expanduser()
    inside = folder / ADAPTER_FOLDER
    found = options.random_seed is None and (inside / ADAPTER_CONFIG).is_file()
    return inside if found else None
