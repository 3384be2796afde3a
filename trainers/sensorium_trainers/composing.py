"""What a stage learns with: its models, composed as its objective needs them."""

from __future__ import annotations

import torch
from sensorium.config import make_recipe
from sensorium.loading import find_recipe
from sensorium.pipeline import Pipeline, Plan, plan
from sensorium.registry import Registry

from .corpus.pairing import check_tokens
from .data import Data
from .dense import DenseObjective
from .freezing import choose, redraw, widen
from .language import LanguageObjective
from .lora import add_adapter
from .objective import Objective
from .recipe import TrainingRecipe
from .speech import compose_speech
from .stages import Stage, groups


def compose(
    stage: Stage,
    recipe: TrainingRecipe,
    registry: Registry,
    data: Data,
    *,
    shapes_only: bool = False,
) -> Objective:
    """The objective of a stage over the models the recipe starts from, frozen where it says so.

    With `shapes_only` the models are on the meta device: no weights are read. Only the objective
    'dense' asks the data anything.
    """
    torch.manual_seed(recipe.seed)  # new projectors and heads are drawn here
    wanted = groups(stage, recipe)
    objective = _objective(stage, recipe, registry, data, "meta" if shapes_only else recipe.device)
    choose(objective, (*wanted, "heads"), recipe)
    widen(objective, keep=("llm",) if recipe.lora else ())
    redraw(objective, recipe.initial_std, recipe.seed)
    return objective


def _objective(
    stage: Stage, recipe: TrainingRecipe, registry: Registry, data: Data, device: str
) -> Objective:
    if stage.objective == "speech":
        return compose_speech(recipe)
    pipeline = start(recipe, registry, device=device)
    check_tokens(data, pipeline)
    add_adapter(pipeline.llm, recipe)
    if stage.objective == "dense":
        return DenseObjective(pipeline, data.classes())
    return LanguageObjective(
        pipeline,
        media_label_weight=recipe.media_label_weight,
        row_positions=recipe.row_positions,
        # An encoder without weights has no features to keep.
        features=None if device == "meta" else recipe.features,
    )


def start(recipe: TrainingRecipe, registry: Registry, *, device: str) -> Pipeline:
    """The models the recipe starts from."""
    return planned(recipe, registry, device=device).build()


def planned(recipe: TrainingRecipe, registry: Registry, *, device: str) -> Plan:
    """The models the recipe starts from, nothing loaded."""
    if isinstance(recipe.model, str):
        found = find_recipe(recipe.model, (), registry)
        model, source = found.recipe, found.source
    else:
        source = "model"
        model = make_recipe(recipe.model, source=source)
    model = model.model_copy(update={"device": device, "threads": recipe.threads})
    return plan(model, registry, source=source)
