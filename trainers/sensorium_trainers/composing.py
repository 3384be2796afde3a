"""What a stage learns with: its models, composed as its objective needs them."""

from __future__ import annotations

from sensorium.config import make_recipe
from sensorium.loading import find_recipe
from sensorium.pipeline import Pipeline, Plan, plan
from sensorium.registry import Registry

from .data import Data
from .dense import DenseObjective
from .language import LanguageObjective
from .lora import add_adapter
from .objective import Objective
from .recipe import TrainingRecipe
from .speech import compose_speech
from .stages import Stage


def compose(stage: Stage, recipe: TrainingRecipe, registry: Registry, data: Data) -> Objective:
    """The objective of a stage over the models the recipe starts from."""
    if stage.objective == "speech":
        return compose_speech(recipe)
    pipeline = start(recipe, registry)
    add_adapter(pipeline.llm, recipe)
    if stage.objective == "dense":
        return DenseObjective(pipeline, data.classes())
    return LanguageObjective(
        pipeline,
        media_label_weight=recipe.media_label_weight,
        row_positions=recipe.row_positions,
        features=recipe.features,
    )


def start(recipe: TrainingRecipe, registry: Registry) -> Pipeline:
    """The models the recipe starts from."""
    return planned(recipe, registry).build()


def planned(recipe: TrainingRecipe, registry: Registry) -> Plan:
    """The models the recipe starts from, nothing loaded."""
    if isinstance(recipe.model, str):
        found = find_recipe(recipe.model, (), registry)
        model, source = found.recipe, found.source
    else:
        source = "model"
        model = make_recipe(recipe.model, source=source)
    model = model.model_copy(update={"device": recipe.device, "threads": recipe.threads})
    return plan(model, registry, source=source)
