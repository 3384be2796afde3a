"""Whether what a plugin built is what its contract says: asked once, when it is built.

Without it a missing `save` is found after a whole training, and a misspelled `fingerprint` as an
AttributeError somewhere in the core. Legend: T positions of one item, D_encoder its width.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from numbers import Integral
from typing import TYPE_CHECKING, Any, Protocol

from .errors import PerceptionError, PluginError

if TYPE_CHECKING:
    from .contracts import FeatureShape

_DOCUMENTED = {"__call__"}
"""The one member of a contract whose name begins with an underscore."""


def require(component: Any, contract: type, owner: str, *, built: str = "") -> None:
    """PluginError unless `component` has the members of `contract`, each of the type it has there.

    `owner` says who built it: `encoder 'clip' of plugin 'vision_clip'`; `built` what it is where
    it is only a part of what was built, such as `tokenizer`.
    """
    faults = [*_faults(component, contract)]
    if faults:
        kind = type(component).__name__
        subject = f"the {built} of" if built else "built by"
        raise PluginError(
            f"{kind}, {subject} the {owner}, is no {contract.__name__}: {'; '.join(faults)}",
            hint=f"The contract: python -c 'import sensorium; help(sensorium.{contract.__name__})'",
        )


def _faults(component: Any, contract: type) -> Iterator[str]:
    for name, wanted in members(contract).items():
        try:
            # A callable module of torch has `__call__` from its class, with any arguments.
            own = getattr(component, "forward" if _is_module_call(component, name) else name)
        except AttributeError as error:
            absent = getattr(error, "name", name) in (name, "forward")
            yield f"it has no `{name}`" if absent else f"`{name}` raises AttributeError: {error}"
        except Exception as error:  # noqa: BLE001 - a property of a plugin may raise anything
            yield f"`{name}` raises {type(error).__name__}: {error}"
        else:
            yield from _fault(name, own, wanted)


def _is_module_call(component: Any, name: str) -> bool:
    return name == "__call__" and hasattr(component, "forward")


def _fault(name: str, own: Any, wanted: Any) -> Iterator[str]:
    if inspect.isfunction(wanted):
        if problem := uncallable(own, wanted):
            yield f"`{name}` {problem}"
    elif wanted == "int" and not (_is_integer(own) and own > 0):
        yield f"`{name}` must be a number above 0, not {own!r}"
    elif wanted == "str" and not (isinstance(own, str) and own):
        yield f"`{name}` must be a text that is not empty, not {own!r}"


def _is_integer(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def members(contract: type) -> dict[str, Any]:
    """Name → its function, its annotation as it is written (`str`, `int`), None for a property."""
    found: dict[str, Any] = {}
    for base in reversed(contract.__mro__):
        if not getattr(base, "_is_protocol", False) or base is Protocol:
            continue
        found |= {n: t for n, t in vars(base).get("__annotations__", {}).items() if _public(n)}
        for name, value in vars(base).items():
            if inspect.isfunction(value) and _public(name):
                found[name] = value
            elif isinstance(value, property):
                found[name] = None
    return found


def _public(name: str) -> bool:
    return not name.startswith("_") or name in _DOCUMENTED


def uncallable(own: Any, wanted: Callable[..., Any]) -> str | None:
    """Why `own` cannot be called with the arguments of the method `wanted`; None where it can."""
    if not callable(own):
        return f"is {type(own).__name__}, not a method"
    parameters = [*inspect.signature(wanted).parameters.values()][1:]  # without self
    by_name = [one for one in parameters if one.kind is inspect.Parameter.KEYWORD_ONLY]
    places = [one.name for one in parameters if one not in by_name]
    return _refused(own, places, [one.name for one in by_name])


def _refused(own: Any, places: Sequence[str], names: Sequence[str] = ()) -> str | None:
    try:
        signature = inspect.signature(own)
    except (TypeError, ValueError):  # of C
        return None
    try:
        signature.bind(*places, **dict.fromkeys(names))
    except TypeError as error:
        asked = ", ".join([*places, *(f"{name}=" for name in names)])
        return f"cannot be called with ({asked}): {error}"
    return None


def takes(function: Any, *arguments: str) -> str | None:
    """Why a function of a spec cannot be called with these arguments; None where it can."""
    return _refused(function, arguments)


def require_promised(spec: Any, built: object, shape: object, members: Sequence[str]) -> None:
    """PluginError where what a spec built has another width, say, than its `inspect` said."""
    for member in members:
        had, said = getattr(built, member), getattr(shape, member)
        if had != said:
            owner = getattr(spec.build, "owner", spec.name)
            raise PluginError(f"The {owner} has the {member} {had}, but its `inspect` said {said}")


def require_features(features: Any, name: str, count: int, shape: FeatureShape) -> None:
    """PerceptionError unless these are `count` tensors [T, D_encoder], as its `shape` says."""
    import torch

    if not isinstance(features, list | tuple | torch.Tensor):
        raise PerceptionError(f"{name} gave {type(features).__name__}, not a list of tensors")
    if len(features) != count:
        raise PerceptionError(f"{name} gave {len(features)} results for {count} inputs")
    for item in features:
        if not isinstance(item, torch.Tensor):
            raise PerceptionError(f"{name} gave {type(item).__name__}, not a tensor")
        fits = item.ndim == 2 and item.shape[1] == shape.width
        if not fits or shape.positions not in (None, len(item)):
            length = shape.positions if fits else "T"
            raise PerceptionError(
                f"{name} gave features {list(item.shape)}, not [{length}, {shape.width}]"
            )
        if not item.is_floating_point():
            raise PerceptionError(f"{name} gave features of {item.dtype}, not of floating point")


def require_embeddings(embeddings: Any, name: str, positions: int, width: int) -> None:
    """PerceptionError unless this is what a projector promised: [positions, width]."""
    import torch

    if not isinstance(embeddings, torch.Tensor):
        raise PerceptionError(f"{name} gave {type(embeddings).__name__}, not a tensor")
    if tuple(embeddings.shape) != (positions, width):
        raise PerceptionError(
            f"{name} gave embeddings {list(embeddings.shape)}, not [{positions}, {width}]"
        )
