"""Phi-2 in 4 bits on the CPU: tokens a second, and how far from what memory allows.

    python -m bench.cpu [--threads 2] [--llama FOLDER] [--write] [--smoke]

Full-size random weights; nothing is downloaded. ONNX Runtime and, where its folder is given,
llama.cpp take turns within one run, so that the machine's moods meet both. Prints JSON, times as
medians over all rounds, and with `--write` puts a table of them into docs/cpu.md; `--smoke` runs
the same code on a shape of nothing.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Protocol

import psutil
import torch
from safetensors import safe_open
from sensorium_llm_phi2.onnx.build import build
from sensorium_llm_phi2.onnx.convert import convert
from sensorium_llm_phi2.onnx.model import OnnxPhiLanguageModel
from sensorium_llm_phi2.options import Phi2Options

from . import cpu_tables
from .pages import CPU, options, put
from .random_phi import write_checkpoint

PHI_2 = Path(__file__).parent / "shapes/phi-2/config.json"


@dataclass(frozen=True)
class Plan:
    """What is measured."""

    positions: tuple[int, ...] = (64, 600, 1500)
    prefill: int = 600
    at_once: tuple[int, ...] = (1, 2, 4, 8, 16, 32)
    tokens: int = 12
    rounds: int = 3
    probe_bytes: int = 1 << 30


SMOKE = Plan((16, 48), 40, (1, 4), 2, 1, 1 << 24)
SMOKE_SHAPE = {
    "hidden_size": 256,
    "intermediate_size": 512,
    "num_hidden_layers": 2,
    "num_attention_heads": 8,
    "vocab_size": 512,
    "max_position_embeddings": 128,
    "bos_token_id": 0,
    "eos_token_id": 0,
}


class Engine(Protocol):
    """Reads positions; the same for everyone who takes part."""

    name: str

    def read(self, count: int, *, start: int = 0) -> None:
        """`count` positions behind the first `start`; what was behind these is forgotten."""
        ...


class OnnxRuntime:
    """Our own session."""

    name = "onnxruntime"

    def __init__(self, model: OnnxPhiLanguageModel) -> None:
        self._session = model.open_session()
        self._rows = model.embed(torch.arange(model.context_length) % model.vocabulary)

    def read(self, count: int, *, start: int = 0) -> None:
        """Logits of every position that is read, up to as many as a draft may have."""
        self._session.truncate(start)
        self._session.append(self._rows[:count], last=min(count, 32) if start else 1)


@dataclass
class Times:
    """Seconds of one engine, in every round."""

    prefill: list[float] = field(default_factory=list)
    decode: dict[int, list[float]] = field(default_factory=dict)
    at_once: dict[int, list[float]] = field(default_factory=dict)

    def table(self, plan: Plan) -> dict[str, Any]:
        """Tokens a second, and milliseconds of a call by its positions."""
        return {
            "prefill_tokens_per_second": round(plan.prefill / median(self.prefill), 2),
            "decode_tokens_per_second": {
                position: round(1 / median(seconds), 2) for position, seconds in self.decode.items()
            },
            "milliseconds_of_positions_at_once": {
                count: round(1000 * median(seconds), 1) for count, seconds in self.at_once.items()
            },
        }


def measure(engines: Sequence[Engine], plan: Plan) -> dict[str, Times]:
    """Every engine in turn, round after round."""
    times = {engine.name: Times() for engine in engines}
    for _ in range(plan.rounds):
        for engine in engines:
            _round(engine, plan, times[engine.name])
    return times


def _round(engine: Engine, plan: Plan, times: Times) -> None:
    times.prefill.append(_seconds(engine, plan.prefill, 0))
    highest = max(plan.positions)
    if highest > plan.prefill:
        engine.read(highest - plan.prefill, start=plan.prefill)
    for position in sorted(plan.positions, reverse=True):  # a session only ever forgets its end
        steps = [_seconds(engine, 1, position) for _ in range(plan.tokens)]
        times.decode.setdefault(position, []).extend(steps)
    for count in plan.at_once:
        place = min(plan.positions)
        times.at_once.setdefault(count, []).append(_seconds(engine, count, place))


def _seconds(engine: Engine, count: int, start: int) -> float:
    began = time.perf_counter()
    engine.read(count, start=start)
    return time.perf_counter() - began


def bandwidth(size: int) -> float:
    """Bytes a second that all threads together can read."""
    block = torch.ones(size // 4)
    best = float("inf")
    for _ in range(7):
        began = time.perf_counter()
        block.sum()
        best = min(best, time.perf_counter() - began)
    return size / best


def bytes_of_a_token(folder: Path, config: dict[str, Any], position: int) -> int:
    """All weights but the tables of which one row is read, and the keys and values held."""
    total = 0
    with safe_open(folder / "model.safetensors", framework="pt") as file:
        for name in file.keys():  # noqa: SIM118 - safe_open is no mapping
            if not name.startswith(("embedding.", "rotary.")):
                tensor = file.get_tensor(name)
                total += tensor.numel() * tensor.element_size()
    held: int = position * config["hidden_size"] * config["num_hidden_layers"]
    return total + 2 * 2 * held


def run(folder: Path, threads: int, llama: Path | None, *, smoke: bool) -> dict[str, Any]:
    """Write, convert, load, measure."""
    torch.set_num_threads(threads)
    plan = SMOKE if smoke else Plan()
    config = {**json.loads(PHI_2.read_text()), **(SMOKE_SHAPE if smoke else {})}
    (folder / "gptq").mkdir()
    write_checkpoint(config, folder / "gptq")
    began = time.perf_counter()
    convert(folder / "gptq", folder / "onnx")
    converted = time.perf_counter()
    model = build(Phi2Options(checkpoint=str(folder / "onnx"), backend="onnx"), "cpu")
    loaded = time.perf_counter()
    engines: list[Engine] = [OnnxRuntime(model)]
    report: dict[str, Any] = {
        "threads": threads,
        "prefill_positions": plan.prefill,
        "convert_seconds": round(converted - began, 1),
        "load_seconds": round(loaded - converted, 1),
        "resident_gb_loaded": resident_gb(),
    }
    if llama is not None:
        from .llama import Llama, write_gguf

        write_gguf(config, folder / "phi.gguf")
        engines.append(Llama(folder / "phi.gguf", threads, config["max_position_embeddings"]))
    times = measure(engines, plan)
    speed = bandwidth(plan.probe_bytes)
    first = min(plan.positions)
    bound = speed / bytes_of_a_token(folder / "onnx", config, first)
    report |= {name: seconds.table(plan) for name, seconds in times.items()}
    report["resident_gb"] = resident_gb()
    report["bandwidth_gb_per_second"] = round(speed / 1e9, 2)
    ours = times["onnxruntime"]
    report["share_of_the_bound"] = round(1 / median(ours.decode[first]) / bound, 3)
    if llama is not None:
        report["ours_to_llama"] = ratios(ours, times["llama.cpp"])
    return report


def ratios(ours: Times, theirs: Times) -> dict[str, Any]:
    """How many times as fast as llama.cpp."""
    decode = {
        position: round(median(theirs.decode[position]) / median(seconds), 2)
        for position, seconds in ours.decode.items()
    }
    prefill = round(median(theirs.prefill) / median(ours.prefill), 2)
    return {"decode": decode, "prefill": prefill}


def resident_gb() -> float:
    """Resident memory of this process now."""
    return round(psutil.Process().memory_info().rss / 1e9, 2)


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--llama", type=Path, help="Folder with llama-cpp-python and gguf.")
    parser.add_argument("--folder", type=Path, help="Where 5 GB are written for a while.")
    given = parser.parse_args()
    if given.llama is None:
        if given.write:
            parser.error("--write needs --llama: the table compares")
        print("llama.cpp is left out: --llama FOLDER; see bench/README.md", file=sys.stderr)
    else:
        sys.path.append(str(given.llama.resolve()))
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        report = run(Path(folder), given.threads, given.llama, smoke=given.smoke)
    print(json.dumps(report, indent=2))
    if given.write:
        put(CPU, "speed", cpu_tables.speed(report))


if __name__ == "__main__":
    main()
