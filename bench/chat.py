"""A whole chat on the CPU: memory, cold start, time to first token, and how true the estimates are.

    python -m bench.chat [--threads 2] [--rounds 3] [--folder FOLDER] [--write] [--smoke]

Full-size random weights; nothing is downloaded. Everything runs as a person would run it: as
`sensorium convert` and `sensorium bench`, in processes of their own. Prints JSON, medians over
the rounds, in which the models take turns, and with `--write` puts a table of them into
docs/cpu.md; `--smoke` runs the same code on shapes of nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import sensorium_pocket
import yaml

from . import cpu_tables
from .pages import CPU, options, put
from .random_chat import CLIP, QUESTION, TINYCLIP, recipe, write_parts

EXAMPLES = Path(sensorium_pocket.__file__).parent / "examples"
PICTURE, RECORDING = EXAMPLES / "garden.png", EXAMPLES / "where-is-the-car.wav"

CONVERTED = {"backend": "onnx", "quantization": "int8"}
"""How pictures are encoded, as in configs/phi2-gptq-cpu.yaml."""

EYES: dict[int, tuple[str, dict[str, Any]]] = {
    49: (TINYCLIP, {"plugin": "linear"}),
    64: (CLIP, {"plugin": "mlp", "max_positions": 64}),
    576: (CLIP, {"plugin": "mlp"}),
}
"""Positions of a picture: the encoder, and the projector."""

_START = """
import sys, sensorium
engine = sensorium.load(sys.argv[1], [f"threads={sys.argv[2]}"])
for hearing in engine.pipeline.hearings.values():
    hearing.load()
"""


def run(folder: Path, threads: int, rounds: int, *, smoke: bool) -> dict[str, Any]:
    """Write, convert, and let everyone have a turn in every round."""
    write_parts(folder, small=smoke)
    bundle, large = folder / "bundle", folder / "large"
    llm = {"checkpoint": str(folder / "gptq"), "backend": "onnx"}
    _convert(folder, llm, *EYES[49], bundle)
    llm["checkpoint"] = str(bundle / "llm")
    _convert(folder, llm, *EYES[64], large, "--only", "image")
    towers = {TINYCLIP: bundle, CLIP: large}
    for positions, (tower, projector) in EYES.items():
        eyes = {"checkpoint": str(towers[tower] / "encoders/image"), **CONVERTED}
        _write(folder / f"{positions}.yaml", recipe(folder, llm, eyes, projector))
    starts: list[float] = []
    chats: list[dict[str, Any]] = []
    asked: dict[int, list[dict[str, Any]]] = {positions: [] for positions in EYES}
    for _ in range(rounds):
        began = time.perf_counter()
        _python("-c", _START, bundle, threads)
        starts.append(time.perf_counter() - began)
        chats.append(_bench(bundle, threads, "--audio", RECORDING))
        for positions, found in asked.items():
            found.append(_bench(folder / f"{positions}.yaml", threads))
    return {
        "threads": threads,
        "cold_start_seconds": round(median(starts), 1),
        "chat_with_eyes_and_ears": _memory(chats),
        "image_question_by_positions": {
            positions: _times(found) for positions, found in asked.items()
        },
        "times_as_fast_as_576": {
            positions: round(_first(asked[576]) / _first(found), 1)
            for positions, found in asked.items()
        },
    }


def _convert(
    folder: Path,
    llm: dict[str, Any],
    tower: str,
    projector: dict[str, Any],
    bundle: Path,
    *words: str,
) -> None:
    """As it would be downloaded → a bundle."""
    eyes = {"checkpoint": str(folder / tower), "random_seed": 0, **CONVERTED}
    source = bundle.with_suffix(".yaml")
    _write(source, recipe(folder, llm, eyes, projector))
    _python("-m", "sensorium", "convert", source, "--output", bundle, *words)


def _memory(chats: list[dict[str, Any]]) -> dict[str, Any]:
    """Resident after two questions, about a picture and a recording."""
    measured = median(chat["resident_bytes"] for chat in chats)
    estimated = median(chat["estimated"]["resident_bytes"] for chat in chats)
    return {
        "resident_gb": round(measured / 1e9, 2),
        "estimated_gb": round(estimated / 1e9, 2),
    }


def _times(found: list[dict[str, Any]]) -> dict[str, Any]:
    first = _first(found)
    second = median(one["second"]["first_text_seconds"] for one in found)
    estimated = median(one["estimated"]["first_text_seconds"] for one in found)
    speed = median(one["first"]["tokens_per_second"] for one in found)
    foretold = median(one["estimated"]["tokens_per_second"] for one in found)
    bound = median(one["bound"] for one in found)
    names = found[0]["first"]["phases"]
    return {
        "prompt_positions": found[0]["first"]["positions"],
        "first_text_seconds": round(first, 2),
        "phases": {
            name: round(median(one["first"]["phases"][name] for one in found), 3) for name in names
        },
        "second_question_seconds": round(second, 2),
        "second_to_first": round(second / first, 3),
        "tokens_per_second": round(speed, 2),
        "share_of_the_bound": round(speed / bound, 3),
        "estimated_first_text_seconds": round(estimated, 2),
        "estimated_tokens_per_second": round(foretold, 2),
        "estimated_to_measured": {
            "first_text": round(estimated / first, 2),
            "tokens_per_second": round(foretold / speed, 2),
        },
    }


def _first(found: list[dict[str, Any]]) -> float:
    seconds: float = median(one["first"]["first_text_seconds"] for one in found)
    return seconds


def _bench(model: Path, threads: int, *more: object) -> dict[str, Any]:
    """What `sensorium bench` says."""
    settings = ("--set", f"threads={threads}", "--image", PICTURE, "--json", *more)
    said = _python("-m", "sensorium", "bench", "--model", model, *settings, QUESTION)
    found: dict[str, Any] = json.loads(said)
    return found


def _python(*words: object) -> str:
    command = [sys.executable, *(str(word) for word in words)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(content))


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="Where 13 GB are written for a while.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        report = run(Path(folder), given.threads, given.rounds, smoke=given.smoke)
    print(json.dumps(report, indent=2))
    if given.write:
        put(CPU, "chat", cpu_tables.chat(report))


if __name__ == "__main__":
    main()
