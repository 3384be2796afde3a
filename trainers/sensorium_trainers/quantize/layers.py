"""Layer after layer: each is rounded with what the layers before it, rounded already, put out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from sensorium.errors import ConfigError
from torch import Tensor, nn

from sensorium_trainers.log import Report

from .gptq import GptqSettings, Moments, Rounded, check_groups, check_range, round_matrix


class _EnoughError(Exception):
    """The inputs of the first layer are known: the rest of the model need not run."""


def quantize_layers(
    module: nn.Module,
    run: Callable[[Any], object],
    batches: Sequence[Any],
    settings: GptqSettings,
    report: Report,
) -> dict[str, Rounded]:
    """Round every linear matrix in the layers of `module`, in place; → the integers by name.

    `run(batch)` runs the model. Embeddings, norms and the vocabulary head stay as they are.
    """
    name, layers = find_layers(module)
    found = find_matrices(module, settings)
    rounded: dict[str, Rounded] = {}
    with torch.inference_mode():
        calls = [_inputs_of(layers[0], run, batch) for batch in batches]
        for index, layer in enumerate(layers):
            inside = {
                key: linear for key, linear in found.items() if key.startswith(f"{name}.{index}.")
            }
            with _watched(inside) as moments:
                for arguments, keywords in calls:
                    layer(*arguments, **keywords)
            for key, linear in inside.items():
                rounded[key] = round_matrix(linear.weight, moments.pop(key), settings)
                linear.weight.copy_(rounded[key].dequantized())
            calls = [
                ((_first(layer(*arguments, **keywords)), *arguments[1:]), keywords)
                for arguments, keywords in calls
            ]
            report(f"layer {index + 1} of {len(layers)}")
    return rounded


def find_matrices(module: nn.Module, settings: GptqSettings) -> dict[str, nn.Linear]:
    """The linear matrices in the layers, by name; an error where one cannot be rounded."""
    name, layers = find_layers(module)
    found = {
        f"{name}.{key}": linear
        for key, linear in layers.named_modules()
        if isinstance(linear, nn.Linear)
    }
    for key, linear in found.items():
        if not linear.weight.is_floating_point():
            raise ConfigError(
                f"{key} is quantized already", hint="Start from the weights it was made from."
            )
        check_groups(linear.in_features, settings, key)
        check_range(linear.weight, settings, key)
    return found


def find_layers(module: nn.Module) -> tuple[str, nn.ModuleList]:
    """The list of equal layers that most of the model's parameters are in, and its name."""
    lists = [
        (name, part) for name, part in module.named_modules() if isinstance(part, nn.ModuleList)
    ]
    if not lists:
        raise ConfigError(f"{type(module).__name__} has no list of layers to quantize")
    return max(lists, key=lambda named: sum(weight.numel() for weight in named[1].parameters()))


@contextmanager
def _watched(linears: dict[str, nn.Linear]) -> Iterator[dict[str, Moments]]:
    """Inside, everything that goes into these layers is added to their moments."""
    moments = {key: Moments(linear.in_features) for key, linear in linears.items()}

    def watch(key: str) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        return lambda module, inputs: moments[key].add(inputs[0])

    hooks = [linear.register_forward_pre_hook(watch(key)) for key, linear in linears.items()]
    try:
        yield moments
    finally:
        for hook in hooks:
            hook.remove()


def _inputs_of(
    layer: nn.Module, run: Callable[[Any], object], batch: Any
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What the model gives its first layer for this batch."""
    caught: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    def catch(_: nn.Module, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> None:
        caught.append((arguments, keywords))
        raise _EnoughError

    hook = layer.register_forward_pre_hook(catch, with_kwargs=True)
    try:
        run(batch)
    except _EnoughError:
        return caught[0]
    finally:
        hook.remove()
    raise ConfigError("The model does not run its layers one after another")


def _first(output: Any) -> Tensor:
    hidden: Tensor = output[0] if isinstance(output, tuple) else output
    return hidden
