"""Where and on how many threads models compute."""

from __future__ import annotations

from .errors import ConfigError


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


def use_threads(threads: int | None) -> None:
    """Compute with so many CPU threads; None leaves it to torch."""
    import torch

    if threads is not None:
        torch.set_num_threads(threads)
