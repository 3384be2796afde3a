"""Where models compute, on how many threads, in which number format, from which seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from .errors import ConfigError

if TYPE_CHECKING:
    import torch
    from torch import nn

Module = TypeVar("Module", bound="nn.Module")


def resolve_device(name: str) -> str:
    """`auto` → the first CUDA device where there is one, else the CPU."""
    import torch

    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        kind = torch.device(name).type
    except RuntimeError as error:
        hint = "Use auto, cpu, cuda or cuda:N"
        raise ConfigError(f"Unknown device '{name}'", hint=hint) from error
    if kind == "cuda" and not torch.cuda.is_available():
        raise ConfigError(f"Device '{name}' is not available here", hint="Use device: cpu")
    return name


def computing_device(device: str) -> str:
    """`device`; for 'meta', where there are shapes only, the one that would compute."""
    return resolve_device("auto") if device == "meta" else device


def use_threads(threads: int | None) -> None:
    """Compute with so many CPU threads; None leaves it to torch."""
    import torch

    if threads is not None:
        torch.set_num_threads(threads)


def computes_bfloat16() -> bool:
    """Whether this CPU multiplies bfloat16 in hardware; without, it is slower than float32."""
    import torch

    able = torch.cpu.get_capabilities()
    return bool(able.get("amx_bf16") or able.get("avx512_bf16"))


def choose_dtype(name: str, device: str) -> torch.dtype:
    """The type that `name` names; for 'auto' bfloat16 on a GPU that has it, else float32."""
    import torch

    if name != "auto":
        chosen: torch.dtype = getattr(torch, name)
        return chosen
    on_gpu = torch.device(computing_device(device)).type == "cuda"
    return torch.bfloat16 if on_gpu and torch.cuda.is_bf16_supported() else torch.float32


def seeded(build: Callable[[], Module], seed: int, device: str) -> Module:
    """The same random weights for the same seed on every device.

    The global generator is left alone; on 'meta' there are shapes only.
    """
    import torch

    with torch.random.fork_rng(devices=[]), torch.device("meta" if device == "meta" else "cpu"):
        torch.manual_seed(seed)
        return build().to(device)
