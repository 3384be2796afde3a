"""Recipes: which components make a model, from YAML, environment and command line.

Precedence: command line > environment > YAML > default. Environment variables are
`SENSORIUM_SET_LLM__DTYPE=float32`; on the command line the same is `--set llm.dtype=float32`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .errors import ConfigError, reason_of, suggestion
from .generation import GenerationOptions
from .limits import MOST_THREADS
from .memory import usual_kept_megabytes
from .options import Options
from .plain_yaml import YamlError, parse
from .text_files import EncodingError, read_text

ENVIRONMENT_PREFIX = "SENSORIUM_SET_"

M = TypeVar("M", bound=BaseModel)


class Component(BaseModel):
    """A registered name and the options of that plugin (checked against its options model)."""

    model_config = ConfigDict(extra="allow", frozen=True, protected_namespaces=())

    plugin: str = Field(description="Registered name; see `sensorium plugins list`.")

    @property
    def settings(self) -> dict[str, Any]:
        """The keys that are no field here: the options of that plugin, not validated yet."""
        return dict(self.model_extra or {})


class ProjectorComponent(Component):
    """A projector, optionally with trained weights."""

    weights: str | None = Field(
        default=None, description="Trained weights (safetensors); random where left out."
    )


class SenseComponent(Component):
    """One modality: an encoder with its projector, or a transcriber."""

    mode: Literal["features", "transcribe"] = Field(
        default="features",
        description="`features` projects the encoder's features; `transcribe` makes text.",
    )
    projector: ProjectorComponent | None = Field(
        default=None,
        description="Features → embeddings; required in mode `features`, unused in `transcribe`.",
    )


class Recipe(Options):
    """Everything needed to compose a model."""

    llm: Component = Field(description="The language model.")
    encoders: dict[str, SenseComponent] = Field(
        default_factory=dict, description="One entry per modality: image, audio, …"
    )
    template: str = Field(description="Chat template; see `sensorium plugins list`.")
    system: str | None = Field(
        default=None, description="System text; the template's own where left out."
    )
    generation: GenerationOptions = Field(
        default_factory=GenerationOptions, description="Defaults of decoding."
    )
    device: str = Field(default="auto", description="auto, cpu, cuda or cuda:N.")
    threads: int | None = Field(
        default=None,
        ge=1,
        le=MOST_THREADS,
        description="CPU threads; the machine's cores where left out.",
    )
    kept_megabytes: int = Field(
        default_factory=usual_kept_megabytes,
        ge=0,
        le=2**24,
        description="Memory for what earlier conversations have read, in MiB; by default a "
        "sixteenth of the machine's memory, 1,024 at most. A question that begins like one of them "
        "is answered sooner. 0 keeps nothing.",
    )


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML mapping, safely: no tags that construct objects, and no key twice."""
    try:
        loaded = parse(read_text(path))
    except FileNotFoundError as error:
        raise ConfigError(f"No file {path}") from error
    except (OSError, EncodingError) as error:
        raise ConfigError(f"Cannot read {path}: {reason_of(error)}") from error
    except YamlError as error:
        raise ConfigError(f"{path} is not plain YAML: {error}") from error
    if not isinstance(loaded, dict):
        raise ConfigError(f"{path} must hold a mapping of keys to values")
    return loaded


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with the keys of `over` on top, mappings merged key by key, lists by number."""
    return {**base, **{key: _over(base.get(key), value) for key, value in over.items()}}


def _over(below: Any, value: Any) -> Any:
    """`value`, or `below` with it inside: `{"0": {"path": …}}` changes a key of a list's first."""
    if not isinstance(value, Mapping):
        return value
    if isinstance(below, Mapping):
        return merge(below, value)
    if isinstance(below, list):
        numbered = {str(number): item for number, item in enumerate(below)}
        if value.keys() <= numbered.keys():
            return list(merge(numbered, value).values())
    return value


def parse_overrides(pairs: Iterable[str]) -> dict[str, Any]:
    """`["llm.dtype=float32"]` → `{"llm": {"dtype": "float32"}}`; values are YAML."""
    tree: dict[str, Any] = {}
    for pair in pairs:
        key, separator, value = pair.partition("=")
        if not separator or not all(key.split(".")):
            raise ConfigError(f"'{pair}' is not KEY=VALUE", hint="Example: llm.dtype=float32")
        try:
            branch: Any = parse(value)
        except YamlError as error:
            raise ConfigError(f"The value of '{key}' is not plain YAML: {error}") from error
        for part in reversed(key.split(".")):
            branch = {part: branch}
        tree = merge(tree, branch)
    return tree


def environment_overrides(
    environment: Mapping[str, str] | None = None, *, prefix: str = ENVIRONMENT_PREFIX
) -> dict[str, Any]:
    """What SENSORIUM_SET_… variables say, as a tree; `__` separates levels."""
    pairs = []
    for name, value in (os.environ if environment is None else environment).items():
        if name.startswith(prefix):
            key = name.removeprefix(prefix).lower().replace("__", ".")
            pairs.append(f"{key}={value}")
    return parse_overrides(sorted(pairs))


def load_recipe(path: Path, overrides: Iterable[str] = ()) -> Recipe:
    """A recipe from a YAML file, the environment and `KEY=VALUE` overrides."""
    return load_options(Recipe, path, overrides)


def load_options(
    model: type[M], path: Path, overrides: Iterable[str] = (), *, prefix: str = ENVIRONMENT_PREFIX
) -> M:
    """Options from a YAML file, in which `./…` is relative to the file, and from what lies over it:
    as `overlay`.
    """
    return overlay(model, resolve_paths(read_yaml(path), path.parent), path, overrides, prefix)


def overlay(
    model: type[M],
    tree: Mapping[str, Any],
    path: Path,
    overrides: Iterable[str] = (),
    prefix: str = ENVIRONMENT_PREFIX,
) -> M:
    """The tree of the file `path`, over it variables of this prefix, over these `KEY=VALUE`.

    ConfigError names the key, the file and all that lies over it.
    """
    overrides = tuple(overrides)
    tree = merge(tree, environment_overrides(prefix=prefix))
    tree = merge(tree, parse_overrides(overrides))
    set_outside = [name for name in sorted(os.environ) if name.startswith(prefix)]
    over = [*set_outside, *(f"--set {pair}" for pair in overrides)]
    return validate(model, tree, source=f"{path} with {', '.join(over)}" if over else str(path))


def make_recipe(tree: Mapping[str, Any], *, source: str) -> Recipe:
    """A recipe that stands in no file."""
    return validate(Recipe, tree, source=source)


def validate(model: type[M], tree: Mapping[str, Any], *, source: str, at: str = "") -> M:
    """`model.model_validate`, with an error that names the key's path and a likely spelling."""
    try:
        return model.model_validate(dict(tree))
    except ValidationError as error:
        lines = [_explain(model, dict(item), at) for item in error.errors(include_url=False)]
        raise ConfigError("; ".join(_each_list_once(lines)), where=source) from error


_KNOWN = " Known: "


def _each_list_once(lines: Iterable[str]) -> Iterator[str]:
    """Several unknown keys of one place have the same known ones beside them."""
    told = set()
    for line in lines:
        problem, _, known = line.partition(_KNOWN)
        yield problem.rstrip(".") if known in told else line
        told.add(known or line)


_IN_WORDS_OF_YAML = {
    "path_type": "Input should be a path",
    "tuple_type": "Input should be a list",
    "dict_type": "Input should be keys and values",
    "too_short": "Input should have an entry at least",
}
"""pydantic's types of errors that it tells in words of Python."""


def _explain(model: type[BaseModel], item: dict[str, Any], at: str) -> str:
    path = ".".join(str(part) for part in (at, *item["loc"]) if part != "")
    if item["type"] == "extra_forbidden":
        known = _known_keys(model, item["loc"])
        near = suggestion(str(item["loc"][-1]), known)
        hint = f" {near.rstrip()}" if near else f"{_KNOWN}{', '.join(sorted(known))}"
        return f"unknown key '{path}'.{hint}"
    if item["type"] == "missing":
        return f"'{path}' is missing"
    if item["type"] == "model_type":
        return f"'{path}' takes keys and values, as in {path}: {{plugin: {item.get('input')}}}"
    told = _IN_WORDS_OF_YAML.get(item["type"], item["msg"])
    return f"'{path}': {told}, got {item.get('input')!r}"[:300]


def _known_keys(model: type[BaseModel], location: tuple[Any, ...]) -> set[str]:
    for part in location[:-1]:
        field = model.model_fields.get(str(part))
        inner = (field.annotation, *get_args(field.annotation)) if field else ()
        models = (one for one in inner if isinstance(one, type) and issubclass(one, BaseModel))
        model = next(models, model)
    return set(model.model_fields)


def resolve_paths(tree: Mapping[str, Any], base: Path) -> dict[str, Any]:
    """The tree with every `./…` and `../…` made absolute from `base`, in lists too."""
    return {key: _resolved(value, base) for key, value in tree.items()}


def _resolved(value: Any, base: Path) -> Any:
    if isinstance(value, Mapping):
        return resolve_paths(value, base)
    if isinstance(value, list):
        return [_resolved(item, base) for item in value]
    if isinstance(value, str) and value.startswith(("./", "../")):
        try:
            return str((base / value).resolve())
        except (OSError, ValueError) as error:
            raise ConfigError(f"{value!r} is not a path", where=str(base)) from error
    return value
