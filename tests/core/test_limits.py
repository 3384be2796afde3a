"""Every number that can be set has an upper bound: a library is never given one it crashes on."""

from __future__ import annotations

import importlib
import math
import pkgutil
import re
import typing
from collections.abc import Iterator
from typing import Annotated, Any

import click
import pytest
import sensorium
import sensorium_audio_whisper
import sensorium_llm_phi2
import sensorium_pocket
import sensorium_trainers
import sensorium_vision_clip
from annotated_types import Ge, Gt, Interval, Le, Lt
from click.testing import CliRunner
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from sensorium.cli.root import root
from sensorium.config import load_recipe
from sensorium.errors import ConfigError
from sensorium.generation import GenerationOptions
from sensorium.registry import create_registry
from sensorium_trainers.recipe import load_training_recipe

PACKAGES = (
    sensorium,
    sensorium_trainers,
    sensorium_pocket,
    sensorium_llm_phi2,
    sensorium_vision_clip,
    sensorium_audio_whisper,
)
UNBOUNDED: dict[tuple[str, str], str] = {}
"""(model, field) → why no number is too large for it."""


def models() -> list[type[BaseModel]]:
    """Every options model and recipe of core, trainers and plugins."""
    for package in PACKAGES:
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    found, left = [], [BaseModel]
    while left:
        left += (below := left.pop().__subclasses__())
        found += [model for model in below if model.__module__.startswith("sensorium")]
    return sorted(set(found), key=lambda model: (model.__module__, model.__name__))


def numbers(kind: Any, bounds: tuple[Any, ...]) -> Iterator[tuple[type, tuple[Any, ...]]]:
    """The types of numbers in an annotation, each with what bounds it."""
    if isinstance(kind, type) and issubclass(kind, int | float) and kind is not bool:
        yield kind, bounds
    elif typing.get_origin(kind) is Annotated:
        inner, *more = typing.get_args(kind)
        held = [one.metadata if isinstance(one, FieldInfo) else [one] for one in more]
        unpacked = [bound for some in held for bound in some]
        yield from numbers(inner, (*bounds, *unpacked))
    else:
        for inner in typing.get_args(kind):
            yield from numbers(inner, bounds)


def fields() -> Iterator[tuple[str, str, FieldInfo]]:
    for model in models():
        for name, field in model.model_fields.items():
            if (model.__name__, name) not in UNBOUNDED:
                yield model.__name__, name, field


def test_every_number_of_every_options_model_has_bounds():
    seen, loose = 0, []
    for model, name, field in fields():
        for _, bounds in numbers(field.annotation, tuple(field.metadata)):
            seen += 1
            above = any(isinstance(bound, Le | Lt | Interval) for bound in bounds)
            below = any(isinstance(bound, Ge | Gt | Interval) for bound in bounds)
            if not above or not below:
                loose.append(f"{model}.{name}")
    assert loose == []
    assert seen > 60


def _refused(adapter: TypeAdapter[Any], value: float) -> bool:
    try:
        adapter.validate_python(value)
    except ValidationError:
        return True
    return False


def test_no_number_is_too_large_to_be_refused():
    """What the bounds are for, tried on each field that is a number, or none."""
    tried = 0
    for model, name, field in fields():
        kinds = {kind for kind, _ in numbers(field.annotation, ())}
        if not kinds or typing.get_origin(field.annotation) in (dict, tuple, list):
            continue
        adapter = TypeAdapter(Annotated[field.annotation, *field.metadata])
        for value in (10**40, -(10**40), 1e40, math.inf):
            assert _refused(adapter, value), f"{model}.{name} takes {value}"
        tried += 1
    assert tried > 60


def commands(group: click.Group, context: click.Context, path: str) -> Iterator[tuple[str, Any]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, context, f"{path} {name}")
        elif command is not None:
            yield f"{path} {name}", command


def test_every_number_of_the_command_line_has_bounds():
    context = root.make_context("sensorium", ["doctor"], obj=create_registry())
    seen, loose = 0, []
    for path, command in commands(root, context, "sensorium"):
        for option in command.params:
            if option.name in GenerationOptions.model_fields:
                continue  # `chosen` has them checked there
            if option.type in (click.INT, click.FLOAT):
                loose.append(f"{path} {option.name}")
            elif isinstance(option.type, click.IntRange | click.FloatRange):
                seen += 1
                if option.type.min is None or option.type.max is None:
                    loose.append(f"{path} {option.name}")
    assert loose == []
    assert seen > 5


@pytest.mark.parametrize("threads", [1_000_000, 1025, 0, -1])
def test_threads_by_the_file_the_environment_and_the_command_line(tmp_path, monkeypatch, threads):
    path = tmp_path / "r.yaml"
    path.write_text("llm: {plugin: phi2}\ntemplate: llava-phi\n")
    with pytest.raises(ConfigError, match="'threads'"):
        load_recipe(path, [f"threads={threads}"])
    monkeypatch.setenv("SENSORIUM_SET_THREADS", str(threads))
    with pytest.raises(ConfigError, match=r"'threads': .*SENSORIUM_SET_THREADS"):
        load_recipe(path)
    result = CliRunner().invoke(root, ["ask", "hi"])
    assert result.exit_code == 2
    assert "'threads': Input should be" in result.stderr
    monkeypatch.setenv("SENSORIUM_SET_THREADS", "1024")
    assert load_recipe(path).threads == 1024


@pytest.mark.parametrize(
    "setting",
    [
        "batch_size=100000000000",
        "accumulate=100000000000",
        "validation.samples=100000000000",
        "validation.max_tokens=100000",
        "workers=100000",
        "steps=1000000000000000000000",
        "seed=4294967296",
        "learning_rate=1e300",
        "initial_std.lm_head=1e300",
        "lora.r=100000000000",
        "row_positions=100000000000",
        "threads=1000000",
        "features={folder: f, max_bytes: 10000000000000000000000}",
    ],
)
def test_numbers_of_a_training(tmp_path, setting):
    path = tmp_path / "r.yaml"
    path.write_text("model: pocket\ndata: [{format: text, path: a.txt}]\noutput: o\nsteps: 1\n")
    key = setting.partition("=")[0]
    key = "features.max_bytes" if key == "features" else key
    with pytest.raises(ConfigError, match=f"'{key}.*less than"):
        load_training_recipe(path, [setting])


@pytest.mark.parametrize(
    "shape",
    [
        "{num_hidden_layers: 1000000000}",
        "{hidden_size: 1000000000}",
        "{vocab_size: 100000000000}",
        "{max_position_embeddings: 1000000000000}",
    ],
)
def test_shapes_of_random_weights(shape):
    words = ["ask", "hi", "--set", "llm.random_seed=1", "--set", f"llm.config={shape}"]
    result = CliRunner().invoke(root, words)
    assert result.exit_code == 2
    assert re.search(r"llm\.config.*is at most 1", result.stderr)


def test_what_fits_no_memory_is_told_in_words(monkeypatch):
    def exhausted(*_, **__):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9")

    monkeypatch.setattr("sensorium.loading.plan_source", exhausted)
    result = CliRunner().invoke(root, ["ask", "hi"])
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: There is not enough memory for this.")
    assert "unexpected" not in result.stderr
