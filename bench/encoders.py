"""CLIP's vision towers on torch and on ONNX Runtime: time, memory, and how far the features differ.

    python -m bench.encoders [--threads 2] [--rounds 5] [--folder FOLDER] [--write] [--smoke]

CLIP-L/336 and TinyCLIP-61M/32 with full-size random weights, converted as `sensorium convert` does
it; nothing is downloaded. Each runs in float32 on torch, in float32 and in int8 on ONNX Runtime,
every one in a process of its own that stands still while another has its turn. Prints a table in
Markdown, and with `--write` puts it into docs/cpu.md; `--smoke` runs the same code on shapes of
nothing.

Random weights have no outliers as trained ones do: what int8 keeps of these, the tests say.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import psutil
import torch
from sensorium_pocket.pictures import picture_of, scene_of
from sensorium_vision_clip import build_clip, convert_clip
from sensorium_vision_clip.options import ClipOptions

from .pages import CPU, made_on, options, publish
from .random_chat import CLIP, TINYCLIP, shape_of

TOWERS = {CLIP: "CLIP-L/336", TINYCLIP: "TinyCLIP-61M/32"}
RUNTIMES: dict[str, dict[str, Any]] = {
    "torch, float32": {},
    "ONNX Runtime, float32": {"backend": "onnx"},
    "ONNX Runtime, int8": {"backend": "onnx", "quantization": "int8"},
}
"""The first is what the others are held against."""

PICTURES = 4


@dataclass
class Runtime:
    """What one of them took and made."""

    added: int
    """Bytes of resident memory, the weights and whatever a first picture needs."""
    features: np.ndarray
    """[N, T, D] of all pictures."""
    seconds: list[float] = field(default_factory=list)


def measure(folder: Path, threads: int, rounds: int) -> dict[str, Runtime]:
    """Every runtime of the tower that was converted into `folder`, in turn."""
    with ExitStack() as stack:
        opened = {
            name: stack.enter_context(worker({"checkpoint": str(folder), **options}, threads))
            for name, options in RUNTIMES.items()
        }
        found = {name: Runtime(*connection.recv()) for name, connection in opened.items()}
        for _ in range(rounds):
            for number in range(PICTURES):
                for name, connection in opened.items():
                    connection.send(number)
                    found[name].seconds.append(connection.recv())
    return found


@contextmanager
def worker(options: dict[str, Any], threads: int) -> Iterator[Connection]:
    """A process with an encoder that has seen the pictures; it ends with the connection."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, options, threads))
    process.start()
    theirs.close()
    with ours:
        yield ours
        ours.send(None)
    process.join()


def serve(connection: Connection, options: dict[str, Any], threads: int) -> None:
    """Send memory and features; then, for the number of a picture, the seconds it takes."""
    torch.set_num_threads(threads)
    import_module("sensorium_vision_clip.encoder")  # with transformers, which all of them have
    before = psutil.Process().memory_info().rss
    encoder = build_clip(ClipOptions(**options), "cpu")
    items = [encoder.prepare(picture_of(scene_of(seed)[1]).value) for seed in range(PICTURES)]
    features = np.stack([encoder.encode([item])[0].numpy() for item in items])
    connection.send((psutil.Process().memory_info().rss - before, features))
    for number in iter(connection.recv, None):
        began = time.perf_counter()
        encoder.encode([items[number]])
        connection.send(time.perf_counter() - began)


def rows(title: str, found: Mapping[str, Runtime]) -> Iterator[str]:
    """Lines of the table."""
    exact = next(iter(found.values()))
    for name, runtime in found.items():
        took = median(runtime.seconds)
        parts = [title, name, f"{took:.3g}", f"{median(exact.seconds) / took:.2f}"]
        if runtime is exact:
            parts += ["", ""]
        else:
            parts += [
                f"{cosine(runtime.features, exact.features):.5f}",
                f"{np.abs(runtime.features - exact.features).max() / exact.features.std():.2g}",
            ]
        yield f"| {' | '.join(parts)} | {runtime.added / 1e9:.2f} GB |"


def cosine(features: np.ndarray, others: np.ndarray) -> float:
    """The least cosine similarity of a position."""
    lengths = np.linalg.norm(features, axis=-1) * np.linalg.norm(others, axis=-1)
    return float(((features * others).sum(axis=-1) / lengths).min())


def table(folder: Path, threads: int, rounds: int, *, smoke: bool) -> str:
    """Write, convert, measure → Markdown."""
    lines = [
        "| encoder | on | seconds a picture | times as fast | least cosine similarity "
        "| largest difference | memory it adds |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    for tower, title in TOWERS.items():
        (folder / tower).mkdir()
        (folder / tower / "config.json").write_text(json.dumps(shape_of(tower, small=smoke)))
        options = ClipOptions(checkpoint=str(folder / tower), random_seed=0)
        converted = folder / f"{tower}-onnx"
        # In a process of its own: converting takes more memory than all that follows.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
            apart.submit(convert_clip, options, converted).result()
        lines += rows(title, measure(converted, threads, rounds))
    import onnxruntime

    lines += ["", made_on(threads, f"onnxruntime {onnxruntime.__version__}")]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="Where 6 GB are written for a while.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        made = table(Path(name), given.threads, given.rounds, smoke=given.smoke)
    publish(CPU, "encoders", made, write=given.write)


if __name__ == "__main__":
    main()
