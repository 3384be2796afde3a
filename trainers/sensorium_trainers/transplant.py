"""`sensorium train transplant`: a projector for another language model, without starting over.

What a projector says in the embeddings of one model is said in those of another: words that both
know give pairs of embeddings, ridge regression over the pairs gives a linear map, and the last
layer of the projector takes it up. The bundle it writes is where `align` or `instruct` begins.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import torch
from pydantic import Field
from sensorium.bundle import save_bundle
from sensorium.config import Component, Recipe, load_options, make_recipe
from sensorium.contracts import LanguageModel
from sensorium.errors import ConfigError
from sensorium.limits import MOST_THREADS
from sensorium.loading import find_recipe
from sensorium.options import Options
from sensorium.pipeline import Pipeline, Plan, PlannedSense, plan
from sensorium.registry import Registry
from torch import Tensor

from .folder import BUNDLE
from .log import Report
from .recipe import ENVIRONMENT_PREFIX
from .regression import LinearMap, ridge
from .writing import make_folder


class TransplantRecipe(Options):
    """From which model to which."""

    model: str = Field(
        description="The model with the trained projector: a bundle's name or folder, or a recipe."
    )
    llm: Component = Field(description="The language model to move to.")
    template: str | None = Field(
        default=None, description="Its chat template; the other model's where left out."
    )
    output: Path = Field(description="Folder for the finished bundle.")
    name: str = Field(default="transplanted", description="Name written into the bundle.")
    threads: int | None = Field(default=None, ge=1, le=MOST_THREADS, description="CPU threads.")
    device: Literal["auto", "cpu", "cuda"] = Field(default="auto", description="Where to compute.")


def load_transplant_recipe(path: Path, overrides: Iterable[str] = ()) -> TransplantRecipe:
    """From YAML, environment and `KEY=VALUE`, as the recipes of the stages."""
    return load_options(TransplantRecipe, path, overrides, prefix=ENVIRONMENT_PREFIX)


def transplant(
    recipe: TransplantRecipe, registry: Registry, report: Report, *, write: bool = True
) -> Path | None:
    """Fit, say how well, and write the bundle → its folder; None where nothing is written.

    Raises ConfigError where a projector cannot take up a linear map, and where the vocabularies
    have nothing in common.
    """
    if write:
        make_folder(recipe.output)
    found = find_recipe(recipe.model, (), registry)
    here = {"device": recipe.device, "threads": recipe.threads}
    before = plan(found.recipe.model_copy(update=here), registry, source=found.source)
    after = plan(_moved(before, recipe).model_copy(update=here), registry, source="recipe")
    lasts = {sense.modality: _last_layer(sense, after.shape.width) for sense in after.senses}
    old, new = before.build(), after.build()
    ids = shared_tokens(old.llm, new.llm)
    if len(ids) < 2:
        raise ConfigError(
            "The vocabularies of the two language models have no token in common", where="llm"
        )
    ours, theirs = zip(*ids, strict=True)
    fitted = ridge(_embeddings(old.llm, ours), _embeddings(new.llm, theirs))
    report(
        f"{len(ids):,} tokens in common; the map from {old.llm.width} to {new.llm.width} explains "
        f"{max(fitted.explained, 0):.1%} of embeddings it was not fitted to"
    )
    if not write:
        return None
    for modality, last in lasts.items():
        _carry_over(old, new, modality, last, fitted)
    folder = recipe.output / BUNDLE
    save_bundle(new, folder, name=recipe.name)
    report(f"{folder.name}: {folder}")
    return folder


def shared_tokens(one: LanguageModel, other: LanguageModel) -> list[tuple[int, int]]:
    """Pairs of ids that stand for the same text, where this text is one token in both."""
    pairs = []
    for id_ in range(one.vocabulary):
        text = one.tokenizer.decode([id_])
        if not text or one.tokenizer.encode(text) != [id_]:
            continue
        if len(counterpart := other.tokenizer.encode(text)) == 1:
            pairs.append((id_, counterpart[0]))
    return pairs


def _moved(before: Plan, recipe: TransplantRecipe) -> Recipe:
    """The recipe with the other language model, its projectors as wide inside as they were."""
    if not before.senses:
        raise ConfigError("This model has no projector", where="model")
    tree = before.recipe.model_dump(mode="json", exclude_defaults=True)
    tree["llm"] = recipe.llm.model_dump(mode="json")
    tree["template"] = recipe.template or before.recipe.template
    for sense in before.senses:
        if sense.weights is None:
            raise ConfigError(
                f"The projector of '{sense.modality}' has no trained weights", where="model"
            )
        section: dict[str, Any] = tree["encoders"][sense.modality]["projector"]
        del section["weights"]
        if "hidden" in sense.projector.options.model_fields:
            section.setdefault("hidden", before.shape.width)
    return make_recipe(tree, source="recipe")


def _last_layer(sense: PlannedSense, width: int) -> str:
    """The linear map that alone depends on the language model's width, `layers.2` say."""
    shapes = _shapes(sense, width)
    wider = _shapes(sense, width + 1)
    dependent = {name: shape for name, shape in shapes.items() if shape != wider[name]}
    layer = min(dependent, default="").rpartition(".")[0]
    weight = dependent.get(f"{layer}.weight", ())
    if dependent.keys() != {f"{layer}.weight", f"{layer}.bias"} or len(weight) != 2:
        raise ConfigError(
            f"The projector '{sense.projector.name}' does not end in one linear map to the "
            "language model's width, so it cannot be transplanted",
            where=f"model, encoders.{sense.modality}.projector",
        )
    return layer


def _shapes(sense: PlannedSense, width: int) -> dict[str, tuple[int, ...]]:
    tensors = sense.projector_shapes(width).state_dict().items()
    return {name: tuple(tensor.shape) for name, tensor in tensors}


@torch.no_grad()
def _embeddings(llm: LanguageModel, ids: tuple[int, ...]) -> Tensor:
    """[N, D_llm] float64."""
    return llm.embed(torch.tensor(ids)).cpu().double()


def _carry_over(old: Pipeline, new: Pipeline, modality: str, layer: str, fitted: LinearMap) -> None:
    """The old projector's weights, its last layer followed by the fitted map."""
    source: Any = old.senses[modality].projector
    target: Any = new.senses[modality].projector
    state = {name: tensor.cpu().double() for name, tensor in source.state_dict().items()}
    weight, bias = f"{layer}.weight", f"{layer}.bias"
    state[weight] = fitted.weight @ state[weight]
    state[bias] = fitted.weight @ state[bias] + fitted.bias
    target.load_state_dict({name: tensor.float() for name, tensor in state.items()})
