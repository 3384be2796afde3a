"""A planned model → a bundle whose parts run on their plugins' quicker backends."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .bundle import save_bundle, scratch_beside, writing_bundle
from .config import make_recipe
from .errors import ConfigError, placed, suggestion
from .pipeline import Plan, plan
from .registry import Registry

LANGUAGE_MODEL = "llm"


def convert_bundle(
    planned: Plan, folder: Path, *, registry: Registry, only: Sequence[str] = ()
) -> None:
    """Convert the language model, and the encoders whose plugins can; projectors stay.

    `only` names what to convert: `llm`, or modalities. The bundle is named after its folder.
    ConfigError where what is asked for has no other backend, CheckpointError where it cannot be
    converted, BundleError where it cannot be written.
    """
    parts: dict[str, tuple[Any, Any]] = {LANGUAGE_MODEL: (planned.llm, planned.llm_options)}
    for sense in planned.senses:
        parts[sense.modality] = (sense.encoder, sense.encoder_options)
    for name in only:
        if name not in parts:
            raise ConfigError(
                f"No part '{name}'",
                where="--only",
                hint=f"{suggestion(name, parts)}This model has: {', '.join(parts)}.",
            )
    chosen = only or [name for name in parts if name == LANGUAGE_MODEL or parts[name][0].convert]
    for name in chosen:
        if parts[name][0].convert is None:
            what = "language model" if name == LANGUAGE_MODEL else "encoder"
            raise ConfigError(
                f"The {what} '{parts[name][0].name}' has no backend to convert to",
                where=f"{planned.source}, {_place(name)}.plugin",
            )
    with writing_bundle(folder), scratch_beside(folder) as scratch:
        tree = planned.recipe.model_dump(mode="json", exclude_defaults=True)
        for name in chosen:
            spec, options = parts[name]
            with placed(f"{planned.source}, {_place(name)}"):
                settings = {**spec.convert(options, scratch / name), "plugin": spec.name}
            if name == LANGUAGE_MODEL:
                tree[LANGUAGE_MODEL] = settings
            else:
                projector = tree["encoders"][name]["projector"]
                tree["encoders"][name] = {**settings, "projector": projector}
        recipe = make_recipe(tree, source=planned.source)
        converted = plan(recipe, registry, source=planned.source)
        save_bundle(converted.build(), folder, name=folder.resolve().name)


def _place(part: str) -> str:
    return part if part == LANGUAGE_MODEL else f"encoders.{part}"
