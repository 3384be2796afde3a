"""Stages are settings of one loop: what learns, and from which kind of sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sensorium.errors import ConfigError

from .recipe import Group, TrainingRecipe

StageName = Literal["encoder", "pretrain", "align", "instruct", "speech"]


@dataclass(frozen=True, slots=True)
class Stage:
    """`trains` is the default of the recipe's key; nothing outside `may_train` ever learns."""

    name: StageName
    summary: str
    trains: tuple[Group, ...]
    may_train: tuple[Group, ...]
    objective: Literal["language", "dense", "speech"] = "language"


STAGES: dict[str, Stage] = {
    stage.name: stage
    for stage in (
        Stage(
            name="encoder",
            summary="an encoder from dense labels, one class per position",
            trains=("encoder",),
            may_train=("encoder",),
            objective="dense",
        ),
        Stage(
            name="pretrain",
            summary="a language model from text",
            trains=("llm",),
            may_train=("llm",),
        ),
        Stage(
            name="align",
            summary="a projector between frozen models",
            trains=("projector",),
            may_train=("projector",),
        ),
        Stage(
            name="instruct",
            summary="projector and language model (full or LoRA) from conversations",
            trains=("projector", "llm"),
            may_train=("projector", "llm", "encoder"),
        ),
        Stage(
            name="speech",
            summary="a Whisper from recordings and what is said in them",
            trains=("encoder", "decoder"),
            may_train=("encoder", "decoder"),
            objective="speech",
        ),
    )
}


def groups(stage: Stage, recipe: TrainingRecipe) -> tuple[Group, ...]:
    """What learns in this run; ConfigError where the stage must keep it frozen."""
    wanted = recipe.trains if recipe.trains is not None else stage.trains
    for group in wanted:
        if group not in stage.may_train:
            raise ConfigError(
                f"The stage '{stage.name}' keeps the {group} frozen, but the recipe trains it",
                where="trains",
                hint=f"It may train: {', '.join(stage.may_train)}.",
            )
    if not wanted:
        raise ConfigError("Nothing would learn", where="trains")
    if recipe.lora is not None and "llm" not in wanted:
        raise ConfigError(
            f"The recipe has `lora`, an adapter in the llm, but the llm is frozen in {stage.name}",
            where="trains",
            hint="Leave `lora` out, or have the llm learn: sensorium train instruct",
        )
    _check_rows(stage, wanted, recipe)
    return wanted


def _check_rows(stage: Stage, wanted: tuple[Group, ...], recipe: TrainingRecipe) -> None:
    """Refuse what speeds up rows in front of a language model, where it could do nothing."""
    given = {
        "features": recipe.features is not None,
        "row_positions": recipe.row_positions is not None,
        "group_by_length": recipe.group_by_length,
    }
    if stage.objective != "language":
        for name in (name for name, is_given in given.items() if is_given):
            able = [other.name for other in STAGES.values() if other.objective == "language"]
            raise ConfigError(
                f"The stage '{stage.name}' has no rows of a language model, so `{name}` would do "
                "nothing",
                where=name,
                hint=f"Leave `{name}` out. The stages {', '.join(able)} can use it.",
            )
    if recipe.features is not None and "encoder" in wanted:
        raise ConfigError(
            "The recipe trains the encoder, whose features change with every step",
            where="features",
            hint="Leave `features` out, or `encoder` out of `trains`.",
        )
