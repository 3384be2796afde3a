"""LoRA through PEFT, where a recipe asks for it."""

from __future__ import annotations

from typing import Any

from sensorium.errors import ConfigError

from .recipe import LoraSettings


def add_lora(llm: Any, settings: LoraSettings) -> None:
    """Give the language model fresh adapters; ConfigError where its plugin has no LoRA."""
    add = getattr(llm, "add_lora", None)
    if add is None:
        raise ConfigError(f"{type(llm).__name__} has no LoRA", where="lora")
    add(
        r=settings.r, alpha=settings.alpha, dropout=settings.dropout, targets=settings.targets
    )
