"""What learns, what does not, and the proof that it did not.

A parameter's name begins with its group: `encoder.image.…`, `projector.image.…`, `llm.…`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from sensorium.errors import ConfigError
from torch import Tensor, nn

from .recipe import TrainingRecipe
from .sharding import whole


@dataclass(frozen=True, slots=True)
class Parameters:
    """How many parameters one group has, and how many of them learn."""

    group: str
    total: int
    learning: int


def table(objective: nn.Module) -> list[Parameters]:
    """One row per group."""
    return [
        Parameters(
            group=name,
            total=sum(count(weight) for weight in part.parameters()),
            learning=sum(w.numel() for w in part.parameters() if w.requires_grad),
        )
        for name, part in objective.named_children()
    ]


def count(weight: Tensor) -> int:
    """How many parameters a tensor holds: nf4 packs two into a byte."""
    return weight.numel() * (2 if weight.dtype == torch.uint8 else 1)


def choose(objective: nn.Module, wanted: Sequence[str], recipe: TrainingRecipe) -> None:
    """Freeze everything but the wanted groups; with LoRA only the adapter of the model learns.

    ConfigError where a weight would learn in one place and be frozen in another, where a pattern
    fits nothing, where a weight cannot learn, and where nothing is left to learn.
    """
    for group, part in objective.named_children():
        if group in wanted and not any(True for _ in part.parameters()):
            raise ConfigError(f"The {group} has no parameters that can learn", where="trains")
    fixed = _compiled(recipe.freeze, "freeze")
    unused = set(recipe.freeze)
    for weight, names in _names(objective).items():
        groups = {name.partition(".")[0] for name in names}
        if groups & set(wanted) and not groups <= set(wanted):
            raise ConfigError(
                f"{' and '.join(names)} are one weight: it would learn and be frozen at once",
                where="trains",
            )
        fits = {pattern for pattern in fixed if any(pattern.search(name) for name in names)}
        unused -= {pattern.pattern for pattern in fits}
        learns = groups <= set(wanted) and not fits
        if "llm" in groups and recipe.lora is not None:
            learns = learns and weight.requires_grad  # as `add_lora` left it
        if learns and not weight.is_floating_point():
            raise ConfigError(
                f"{names[0]} is quantized and cannot learn",
                where="trains",
                hint="Train an adapter (`lora`), or load the model without quantization.",
            )
        weight.requires_grad_(learns)
    if unused:
        raise ConfigError(f"No parameter is called like '{min(unused)}'", where="freeze")
    if not any(weight.requires_grad for weight in objective.parameters()):
        raise ConfigError("Nothing would learn", where="trains, freeze")


def widen(objective: nn.Module, *, keep: Sequence[str] = ()) -> None:
    """Groups that learn become float32: steps are smaller than half precision can hold.

    `keep` names groups whose learning parameters are float32 already, beside a frozen base.
    """
    for group, part in objective.named_children():
        if group not in keep and any(weight.requires_grad for weight in part.parameters()):
            part.float()


def redraw(objective: nn.Module, initial_std: Mapping[str, float], seed: int) -> None:
    """Draw weights anew from a normal distribution, by the recipe's patterns."""
    generator = torch.Generator().manual_seed(seed)
    for pattern in _compiled(initial_std, "initial_std"):
        matched = [(n, w) for n, w in objective.named_parameters() if pattern.search(n)]
        if not matched:
            raise ConfigError(
                f"No parameter is called like '{pattern.pattern}'", where="initial_std"
            )
        for name, weight in matched:
            if not weight.requires_grad:
                raise ConfigError(f"{name} is frozen and keeps its values", where="initial_std")
            if not weight.is_meta:
                drawn = torch.randn(weight.shape, generator=generator)
                weight.data.copy_(drawn * initial_std[pattern.pattern])


def frozen(objective: nn.Module) -> dict[str, Tensor]:
    """What must not change: parameters that do not learn, and buffers where nothing learns."""
    still = {n: w.detach() for n, w in objective.named_parameters() if not w.requires_grad}
    for group, part in objective.named_children():
        if not any(weight.requires_grad for weight in part.parameters()):
            still |= {f"{group}.{name}": buffer for name, buffer in part.named_buffers()}
    return still


def hashes(tensors: Mapping[str, Tensor]) -> dict[str, str]:
    """SHA-256 of every tensor's bits."""
    return {
        name: hashlib.sha256(
            whole(tensor.detach()).cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data
        ).hexdigest()
        for name, tensor in tensors.items()
    }


def combined(found: Mapping[str, str]) -> str:
    """One hash of all names and hashes."""
    lines = "\n".join(f"{name} {found[name]}" for name in sorted(found))
    return hashlib.sha256(lines.encode()).hexdigest()


def _names(objective: nn.Module) -> dict[nn.Parameter, list[str]]:
    """Every parameter with all the names it has: tied weights have several."""
    found: dict[nn.Parameter, list[str]] = {}
    for name, weight in objective.named_parameters(remove_duplicate=False):
        found.setdefault(weight, []).append(name)
    return found


def _compiled(patterns: Sequence[str] | Mapping[str, float], key: str) -> list[re.Pattern[str]]:
    try:
        return [re.compile(pattern) for pattern in patterns]
    except re.error as error:
        raise ConfigError(
            f"'{error.pattern!s}' is no regular expression: {error}", where=key
        ) from error
