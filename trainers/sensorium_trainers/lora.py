"""LoRA, where a recipe asks for it: any language model that has the contract's two methods."""

from __future__ import annotations

from sensorium.contracts import AdaptableLanguageModel
from sensorium.errors import ConfigError, placed

from .recipe import TrainingRecipe


def adaptable(llm: object) -> AdaptableLanguageModel:
    """The language model, if it can have an adapter."""
    if not isinstance(llm, AdaptableLanguageModel):
        raise ConfigError(
            f"{type(llm).__name__} cannot have a LoRA adapter",
            where="lora",
            hint="Leave `lora` out to train its weights, or choose another language model.",
        )
    return llm


def add_adapter(llm: object, recipe: TrainingRecipe) -> None:
    """A fresh adapter; afterwards only its parameters require gradients.

    ConfigError where the recipe wants it merged in the end and the weights cannot hold it.
    """
    if recipe.lora is None:
        return
    model = adaptable(llm)
    model.add_lora(recipe.lora, seed=recipe.seed)
    if recipe.merge_lora:
        with placed("merge_lora"):
            model.check_merge()


def merge_adapter(llm: object, recipe: TrainingRecipe) -> None:
    """Before export, where the recipe wants one plain model."""
    if recipe.lora is not None and recipe.merge_lora:
        adaptable(llm).merge_lora()
