"""The functions of a spec, with what they give checked.

The registry puts them in place of the plugin's own, so whoever builds something, in chat, in
training or in a conversion, gets what the contract says or an error that names the plugin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from .conformance import require, takes
from .contracts import (
    Capabilities,
    Encoder,
    FeatureShape,
    LanguageModel,
    LanguageModelShape,
    Projector,
    Tokenizer,
    TrainableEncoder,
    TrainableLanguageModel,
    Transcriber,
)
from .errors import PluginError, SensoriumError
from .specs import (
    BundleSpec,
    DatasetFormat,
    EncoderSpec,
    Evaluation,
    LanguageModelSpec,
    ProjectorSpec,
    SampleSource,
    Score,
    TranscriberSpec,
)

if TYPE_CHECKING:
    from torch import nn

S = TypeVar("S")
Check = Callable[[Any, str], Any]
"""Given a result and whose it is, gives it back, or raises PluginError."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A plugin's function. An error of the plugin's own becomes the cause of a PluginError."""

    function: Callable[..., Any]
    name: str
    owner: str
    check: Check

    def __call__(self, *arguments: Any) -> Any:
        """What the function gives, checked."""
        try:
            result = self.function(*arguments)
        except SensoriumError:
            raise
        except Exception as error:
            kind = type(error).__name__
            raise PluginError(f"`{self.name}` of the {self.owner} failed ({kind})") from error
        return self.check(result, self.owner)


def checked(spec: S, kind: str, plugin: str) -> S:
    """The spec with its functions checked; PluginError where one cannot be called as it will be."""
    arguments = _ARGUMENTS.get(type(spec), {})
    owner = f"{kind} '{getattr(spec, 'name', '')}' of plugin '{plugin}'"
    changes = {}
    for field in fields(spec):  # type: ignore[arg-type]  # every spec is a dataclass
        function = getattr(spec, field.name)
        if field.name not in arguments or function is None:
            continue
        given, check = arguments[field.name]
        if problem := takes(function, *given):
            raise PluginError(f"{field.name} {problem}")
        changes[field.name] = Checked(function, field.name, owner, check)
    return replace(spec, **changes)  # type: ignore[type-var]


def _wrong(owner: str, function: str, given: Any, wanted: str) -> PluginError:
    what = f"gave {type(given).__name__}, not {wanted}"
    return PluginError(f"`{function}` of the {owner} {what}")


def _encoder(built: Any, owner: str) -> Encoder:
    # One that has a module means to be trained; half of that contract is a mistake.
    require(built, TrainableEncoder if hasattr(built, "module") else Encoder, owner)
    return built  # type: ignore[no-any-return]


def _language_model(built: Any, owner: str) -> LanguageModel:
    contract = TrainableLanguageModel if hasattr(built, "module") else LanguageModel
    require(built, contract, owner)
    if not isinstance(built.capabilities, Capabilities):
        raise _wrong(owner, "capabilities", built.capabilities, "Capabilities")
    require(built.tokenizer, Tokenizer, owner, built="tokenizer")
    return built  # type: ignore[no-any-return]


def _projector(built: Any, owner: str) -> nn.Module:
    from torch import nn

    if not isinstance(built, nn.Module):
        raise _wrong(owner, "build", built, "an nn.Module")
    require(built, Projector, owner)
    return built


def _transcriber(built: Any, owner: str) -> Transcriber:
    require(built, Transcriber, owner)
    return built  # type: ignore[no-any-return]


def _feature_shape(shape: Any, owner: str) -> FeatureShape:
    if not isinstance(shape, FeatureShape):
        raise _wrong(owner, "inspect", shape, "a FeatureShape")
    positions, grid = shape.positions, shape.grid
    sound = _is_count(shape.width) and (positions is None or _is_count(positions))
    if grid is not None:
        counted = isinstance(grid, tuple) and len(grid) == 2 and all(map(_is_count, grid))
        sound = sound and counted and positions == grid[0] * grid[1]
    if not sound:
        raise PluginError(f"`inspect` of the {owner} gave {shape}, which cannot be")
    return shape


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _llm_shape(shape: Any, owner: str) -> LanguageModelShape:
    if not isinstance(shape, LanguageModelShape):
        raise _wrong(owner, "inspect", shape, "a LanguageModelShape")
    if not all(map(_is_count, (shape.width, shape.vocabulary, shape.context_length))):
        raise PluginError(f"`inspect` of the {owner} gave {shape}, which cannot be")
    return shape


def _footprint(taken: Any, owner: str) -> Any:
    from .footprint import Footprint

    if not isinstance(taken, Footprint):
        raise _wrong(owner, "footprint", taken, "a Footprint")
    return taken


def _settings(settings: Any, owner: str) -> Any:
    if not isinstance(settings, Mapping):
        raise _wrong(owner, "convert", settings, "a mapping of settings")
    return settings


def _source(source: Any, owner: str) -> SampleSource:
    if not (hasattr(source, "__len__") and hasattr(source, "__getitem__")):
        raise _wrong(owner, "open", source, "something with a length and samples by index")
    return source  # type: ignore[no-any-return]


def _path_of(function: str) -> Check:
    def check(path: Any, owner: str) -> Path:
        if not isinstance(path, Path):
            raise _wrong(owner, function, path, "a Path")
        return path

    return check


def _examples(examples: Any, owner: str) -> Any:
    if not isinstance(examples, Iterable):
        raise _wrong(owner, "examples", examples, "pairs of (Path, question)")
    given = list(examples)  # a generator can be read but once
    for example in given:
        pair = isinstance(example, tuple | list) and len(example) == 2
        if not (pair and isinstance(example[0], Path) and isinstance(example[1], str)):
            raise _wrong(owner, "examples", example, "(Path, question)")
    return given


def _rows(rows: Any, owner: str) -> Iterator[Mapping[str, Score]]:
    try:
        for row in rows:
            if not isinstance(row, Mapping) or not all(
                isinstance(score, Score) for score in row.values()
            ):
                raise _wrong(owner, "run", row, "a mapping of names to Score")
            yield row
    except SensoriumError:
        raise
    except Exception as error:
        raise PluginError(f"`run` of the {owner} failed ({type(error).__name__})") from error


def _anything(result: Any, owner: str) -> Any:
    return result


_ARGUMENTS: dict[type, dict[str, tuple[tuple[str, ...], Check]]] = {
    EncoderSpec: {
        "inspect": (("options",), _feature_shape),
        "build": (("options", "device"), _encoder),
        "footprint": (("options",), _footprint),
        "convert": (("options", "folder"), _settings),
    },
    TranscriberSpec: {
        "inspect": (("options",), _anything),
        "build": (("options", "device"), _transcriber),
        "footprint": (("options",), _footprint),
    },
    ProjectorSpec: {"build": (("options", "source", "target_width"), _projector)},
    LanguageModelSpec: {
        "inspect": (("options",), _llm_shape),
        "build": (("options", "device"), _language_model),
        "footprint": (("options",), _footprint),
        "convert": (("options", "folder"), _settings),
    },
    DatasetFormat: {"open": (("options",), _source)},
    BundleSpec: {
        "folder": ((), _path_of("folder")),
        "examples": ((), _examples),
        "training": ((), _path_of("training")),
    },
    Evaluation: {"run": (("engine", "limit"), _rows)},
}
"""Spec → its functions, with the arguments they are called with and the check of what they give."""
