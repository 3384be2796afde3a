"""A planned model → a bundle whose language model runs on its plugin's quicker backend."""

from __future__ import annotations

import tempfile
from pathlib import Path

from .bundle import save_bundle
from .config import Component
from .errors import ConfigError, placed
from .pipeline import Plan, plan
from .registry import Registry


def convert_bundle(planned: Plan, folder: Path, *, registry: Registry) -> None:
    """Convert the language model; encoders and projectors stay as they are.

    The bundle is named after its folder. ConfigError where the language model's plugin has no
    other backend, CheckpointError where it cannot convert this checkpoint.
    """
    spec = planned.llm
    if spec.convert is None:
        raise ConfigError(
            f"The language model '{spec.name}' has no backend to convert to",
            where=f"{planned.source}, llm.plugin",
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Beside the bundle: large, and not everybody's /tmp is.
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as scratch:
        with placed(f"{planned.source}, llm"):
            settings = spec.convert(planned.llm_options, Path(scratch))
        llm = Component.model_validate({**settings, "plugin": spec.name})
        recipe = planned.recipe.model_copy(update={"llm": llm})
        converted = plan(recipe, registry, source=planned.source)
        save_bundle(converted.build(), folder, name=folder.resolve().name)
