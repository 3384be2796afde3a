"""What the machine can do, and how much memory it gives: what a run is measured against."""

from __future__ import annotations

import platform
import time
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import psutil
import torch
from torch import nn

_SIZE = {"cpu": 1024, "cuda": 8192}
_TRIALS = 5


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a run computes. `peak_flops` is FLOP/s of one process; `peak` says whence it is."""

    processor: str
    threads: int
    peak_flops: float
    peak: str

    def record(self) -> dict[str, Any]:
        """For `run.json`."""
        return asdict(self)

    def line(self) -> str:
        """For people."""
        return f"{self.processor}, peak {self.peak_flops / 1e12:.3g} TFLOP/s ({self.peak})"


def describe(objective: nn.Module, device: str, peak_tflops: float | None) -> Machine:
    """The machine as it is for this objective; `peak_tflops` where the recipe gives it."""
    kind = torch.device(device).type
    dtype = _main_dtype(objective)
    threads = torch.get_num_threads()
    if peak_tflops is not None:
        flops, told = peak_tflops * 1e12, "given"
    else:
        flops = measure(kind, dtype, threads)
        size = _SIZE[kind]
        told = f"measured: a product of {size} x {size} matrices in {str(dtype)[6:]}"
    name = torch.cuda.get_device_name() if kind == "cuda" else processor()
    return Machine(name, threads, flops, told)


@lru_cache
def measure(kind: str, dtype: torch.dtype, threads: int) -> float:
    """FLOP/s of a large matrix product, the best of a few; of so many CPU threads."""
    size = _SIZE[kind]
    factor = torch.ones(size, size, dtype=dtype, device=kind)
    best = 0.0
    for _ in range(_TRIALS):
        began = time.perf_counter()
        factor @ factor
        if kind == "cuda":
            torch.cuda.synchronize()
        best = max(best, 2 * size**3 / (time.perf_counter() - began))
    return best


def memory() -> dict[str, float]:
    """GiB that this process holds, and the most it has held on the GPU."""
    held = {"memory_gib": round(psutil.Process().memory_info().rss / 2**30, 3)}
    if torch.cuda.is_available():
        held["vram_gib"] = round(torch.cuda.max_memory_allocated() / 2**30, 3)
    return held


def _main_dtype(objective: nn.Module) -> torch.dtype:
    """The number format of most of the weights; bfloat16 is what nf4 computes in."""
    sizes: dict[torch.dtype, int] = {}
    for weight in objective.parameters():
        dtype = weight.dtype if weight.is_floating_point() else torch.bfloat16
        sizes[dtype] = sizes.get(dtype, 0) + weight.numel()
    return max(sizes, key=lambda dtype: sizes[dtype])


def processor() -> str:
    """What the processor calls itself."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())
