"""A training recipe → a bundle whose language model is a standard GPTQ checkpoint."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from sensorium.bundle import save_bundle
from sensorium.contracts import LanguageModel
from sensorium.registry import Registry

from sensorium_trainers.composing import start
from sensorium_trainers.errors import TrainingError
from sensorium_trainers.holdout import open_split
from sensorium_trainers.language import LanguageObjective
from sensorium_trainers.log import Report
from sensorium_trainers.lora import adaptable
from sensorium_trainers.recipe import TrainingRecipe

from .calibration import accuracy, draw, read
from .checkpoint import QuantizedCheckpoint
from .gptq import GptqSettings
from .layers import find_matrices, quantize_layers


def quantize_bundle(
    recipe: TrainingRecipe,
    registry: Registry,
    settings: GptqSettings,
    folder: Path,
    *,
    samples: int,
    held_out: int,
    tolerance: float,
    report: Report,
) -> None:
    """Quantize, compare, save. TrainingError where more than `tolerance` points were lost."""
    pipeline = start(recipe, registry, device=recipe.device)
    _merge_adapter(pipeline.llm)
    # Without what makes training quicker: a batch is one sample, which nothing could share a row
    # with, and the model will serve with features as they are, not rounded to be kept.
    objective = LanguageObjective(pipeline).eval()
    find_matrices(objective.llm, settings)  # refused now, not after minutes of calibration
    data, _ = open_split(recipe, registry)
    calibration, others = draw(objective, data, (samples, held_out), recipe.seed)
    before = accuracy(objective, others)
    rounded = quantize_layers(
        objective.llm, partial(read, objective), calibration, settings, report
    )
    after = accuracy(objective, others)
    lost = 100 * (before - after)
    report(f"accuracy on {held_out} held-out samples: {before:.1%} before, {after:.1%} after")
    if lost > tolerance:
        raise TrainingError(
            f"Quantizing loses {lost:.1f} points of accuracy, {tolerance:g} are allowed",
            hint="Nothing was written. Try a smaller --group-size, more --samples, or --bits 8.",
        )
    pipeline.llm = QuantizedCheckpoint(pipeline.llm, rounded, settings)  # type: ignore[assignment]
    save_bundle(pipeline, folder, name=folder.resolve().name)
    report(f"{folder}: sensorium convert {folder} --output …")


def _merge_adapter(llm: LanguageModel) -> None:
    module = getattr(llm, "module", None)
    names = (name for name, _ in module.named_parameters()) if module is not None else ()
    if any(".lora_" in name for name in names):
        adaptable(llm).merge_lora()
