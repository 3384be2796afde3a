"""Where the log goes besides `log.jsonl`: TensorBoard, Trackio, Weights & Biases.

The callbacks are transformers' own. Nothing is sent anywhere unless the person says so: TensorBoard
and Trackio write to the disk, and W&B stays offline unless its own variables name a key or a mode.
"""

from __future__ import annotations

import importlib.util
import os
from typing import Any

from sensorium.errors import MissingPackageError
from transformers import TrainerCallback

from .folder import TENSORBOARD
from .recipe import TrainingRecipe

PROJECT = "sensorium"

_QUIET = {
    "WANDB_PROJECT": PROJECT,
    "WANDB_ERROR_REPORTING": "false",
    "GRADIO_ANALYTICS_ENABLED": "False",  # Trackio's page is Gradio's
}


def reporters(recipe: TrainingRecipe) -> list[TrainerCallback]:
    """One callback for each that the recipe names; MissingPackageError where it is not there."""
    for name in recipe.reporters:
        if importlib.util.find_spec(name) is None:
            raise MissingPackageError(name, f"The reporter '{name}'", extra=name)
    if recipe.reporters:
        _stay_quiet(recipe)
    return [_MAKERS[name](recipe) for name in recipe.reporters]


def _stay_quiet(recipe: TrainingRecipe) -> None:
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("WANDB_DIR", str(recipe.output))
    if "WANDB_API_KEY" not in os.environ:
        os.environ.setdefault("WANDB_MODE", "offline")


def _tensorboard(recipe: TrainingRecipe) -> TrainerCallback:
    from transformers.integrations import TensorBoardCallback

    callback: Any = TensorBoardCallback()
    # Its own choice has the date in it: a run that goes on would begin another curve.
    callback.logging_dir = str(recipe.output / TENSORBOARD)
    return callback


def _trackio(recipe: TrainingRecipe) -> TrainerCallback:
    from transformers.integrations import TrackioCallback

    return TrackioCallback()


def _wandb(recipe: TrainingRecipe) -> TrainerCallback:
    from transformers.integrations import WandbCallback

    class Ended(WandbCallback):  # type: ignore[misc]
        """Each stage is a run of its own; one left open would go on in the next stage."""

        def on_train_end(self, *args: Any, **kwargs: Any) -> None:
            super().on_train_end(*args, **kwargs)
            self._wandb.finish()

    return Ended()


_MAKERS = {"tensorboard": _tensorboard, "trackio": _trackio, "wandb": _wandb}
