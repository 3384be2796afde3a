"""What this machine has, without loading a model."""

from __future__ import annotations

import os
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sensorium.errors import install_line
from sensorium.memory import available_memory, total_memory

if TYPE_CHECKING:
    from sensorium.neighbours import Disturbance

PACKAGES = (
    "torch",
    "transformers",
    "tokenizers",
    "safetensors",
    "huggingface-hub",
    "peft",
    "accelerate",
    "numpy",
    "pillow",
    "pydantic",
    "pluggy",
    "click",
)

OPTIONAL = {
    "gradio": ("app", "the chat page"),
    "faster-whisper": ("audio", "recordings and speech"),
    "bitsandbytes": ("quantize", "nf4 weights"),
    "onnxruntime": ("onnx", "Phi in 4 bits on the CPU"),
    "datasets": ("datasets", "Parquet and data sets of the hub, for training"),
}
"""Optional package → the extra that installs it, and what it is for."""

SAFE_PILLOW = 13


def machine() -> dict[str, Any]:
    """Python, system, processors, memory and disk; sizes in bytes."""
    cache = hub_cache()
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cores": usable_cores(),
        "memory_available": available_memory(),
        "memory_total": total_memory(),
        "hub_cache": str(cache),
        "disk_free": shutil.disk_usage(_existing(cache)).free,
        "cuda": cuda(),
    }


def packages() -> dict[str, str | None]:
    """Installed versions; None where a package is missing."""
    return {name: installed(name) for name in (*PACKAGES, *OPTIONAL)}


def installed(name: str) -> str | None:
    """The version of a distribution, without importing it."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def missing_packages(versions: dict[str, str | None]) -> list[str]:
    """A line for each optional package that is missing, with the pip line that installs it."""
    return [
        f"{name} is not installed ({purpose}): {install_line(extra)}"
        for name, (extra, purpose) in OPTIONAL.items()
        if versions.get(name) is None
    ]


def known_flaws(versions: dict[str, str | None]) -> list[str]:
    """Installed versions with a published vulnerability that affects Sensorium."""
    pillow = versions.get("pillow")
    if pillow is None or int(pillow.split(".")[0]) >= SAFE_PILLOW:
        return []
    return [
        f"pillow {pillow} has a known overflow in its JPEG decoder (CVE-2026-112403), fixed in "
        f"{SAFE_PILLOW}.0.0. gradio 6.31 still asks for pillow < {SAFE_PILLOW}; without the chat "
        f"page: pip install 'pillow>={SAFE_PILLOW}'"
    ]


def cuda() -> str:
    """The first CUDA device in words, `none`, or why torch cannot tell."""
    try:
        import torch

        if not torch.cuda.is_available():
            return "none"
        free, total = torch.cuda.mem_get_info(0)
        name = torch.cuda.get_device_name(0)
    except (ImportError, OSError, RuntimeError) as error:
        return f"unknown: {type(error).__name__}: {error}"
    return f"{name}, {in_words(free)} of {in_words(total)} free"


def usable_cores() -> int:
    """Number of cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def hub_cache() -> Path:
    """Where the Hugging Face hub keeps downloads."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


def in_words(size: float) -> str:
    """Bytes as `1.3 GB`, in powers of ten."""
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit != "MB" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def rate_in_words(rate: float) -> str:
    """A number a second in three digits: `0.88`, `37.2`, `2,050`."""
    if rate >= 100:
        return f"{float(f'{rate:.3g}'):,.0f}"
    return f"{rate:.3g}"


def busy_in_words(disturbance: Disturbance | None) -> list[str]:
    """A warning where other work made measurements of speed worth little."""
    if disturbance is None or not disturbance.busy:
        return []
    return [
        f"this machine is busy: while it was measured, {disturbance.in_words()}. Times and "
        "tokens/s are those of the quickest runs and may still be many times too slow; ask again "
        "when nothing else runs"
    ]


def time_in_words(seconds: float) -> str:
    """Seconds as `3.2 s` or `45 ms`."""
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{1000 * seconds:.0f} ms" if seconds >= 0.01 else f"{1000 * seconds:.1f} ms"


def _existing(path: Path) -> Path:
    return next(place for place in (path, *path.parents) if place.is_dir())
