"""Does a QLoRA step on full-size Phi-2 fit into 16 GB, and how long does it take?

    python -m bench.one_step [--batch-size 8] [--folder FOLDER] [--write] [--smoke]

Writes Phi-2 and CLIP-L/336 as checkpoints of random weights (float16; for a while 12 GB on the
disk), and runs the preset `instruct-qlora` through `sensorium train instruct` in a process of its
own: one step on a CPU, fifty on a GPU. Fails unless LoRA and projector changed and nothing else
did, the loss is finite and the process stayed within 16 GB. Prints a table in Markdown, and with
`--write` puts it into docs/measurements.md. `--smoke` runs the same code on a shape of nothing.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from sensorium.builtin.projectors import Mlp
from sensorium.contracts import FeatureShape
from transformers import CLIPVisionConfig, CLIPVisionModel

from .full_size import write_checkpoints
from .pages import MEASUREMENTS, publish
from .random_phi import write_checkpoint

LIMIT = 16 * 10**9
DISK = 12 * 10**9
SMOKE = {
    "llm": {
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "vocab_size": 512,
        "max_position_embeddings": 1024,
    },
    "clip": {
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": 56,
    },
}
QUESTION = "What can be seen in this picture?"
ANSWER = "A plain field of one colour, without any edge or shadow. " * 3


@dataclass(frozen=True)
class Watched:
    """A process that has ended well."""

    output: str
    seconds: float
    peak: int
    """Bytes: the highest resident memory it ever had."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--folder", type=Path, help="Where 12 GB are written for a while.")
    parser.add_argument("--write", action="store_true", help="Put the table into the docs.")
    parser.add_argument("--smoke", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        if not given.smoke and shutil.disk_usage(folder).free < DISK:
            raise SystemExit(f"{folder.parent} has less than 12 GB: give another --folder.")
        write_models(folder, smoke=given.smoke)
        write_data(folder, given.batch_size)
        rows = prove(folder, settings(folder, given.batch_size))
    table = "".join(f"| {name} | {value} |\n" for name, value in rows.items())
    table = f"| what | value |\n|---|---|\n{table}"
    publish(MEASUREMENTS, "one step", table, write=given.write)


def write_models(folder: Path, *, smoke: bool) -> None:
    """`llm`, `clip` and `projector.safetensors`, as if they had been trained before."""
    write_checkpoints(folder)
    config = json.loads((folder / "llm/config.json").read_text())
    tower = json.loads((folder / "clip/config.json").read_text())
    if smoke:
        config |= SMOKE["llm"]
        tower["vision_config"] |= SMOKE["clip"]
        (folder / "clip/config.json").write_text(json.dumps(tower))
    write_checkpoint(config, folder / "llm", group_size=None)
    vision = CLIPVisionModel._from_config(
        CLIPVisionConfig(**tower["vision_config"]), dtype=torch.float16
    )
    weights = {f"vision_model.{name}": weight for name, weight in vision.state_dict().items()}
    save_file(weights, folder / "clip/model.safetensors")
    source = FeatureShape(width=tower["vision_config"]["hidden_size"])
    save_file(
        Mlp(source, config["hidden_size"], depth=2).state_dict(), folder / "projector.safetensors"
    )


def write_data(folder: Path, count: int) -> None:
    """A question about each of `count` pictures, in LLaVA's format."""
    records = []
    for number in range(count):
        Image.new("RGB", (640, 480), (number * 7 % 256, 90, 90)).save(folder / f"{number}.png")
        turns = [
            {"from": "human", "value": f"<image>\n{QUESTION}"},
            {"from": "gpt", "value": ANSWER},
        ]
        records.append({"id": number, "image": f"{number}.png", "conversations": turns})
    (folder / "data.json").write_text(json.dumps(records))


def settings(folder: Path, batch_size: int) -> dict[str, str]:
    """What differs from the preset: where things are, and how long it takes."""
    steps = 50 if torch.cuda.is_available() else 1
    return {
        "model.llm.checkpoint": str(folder / "llm"),
        "model.encoders.image.checkpoint": str(folder / "clip"),
        "model.encoders.image.projector.weights": str(folder / "projector.safetensors"),
        "data.0.path": str(folder / "data.json"),
        "data.0.images": str(folder),
        "output": str(folder / "run"),
        "steps": str(steps),
        "batch_size": str(batch_size),
        "accumulate": "1",
        "warmup_steps": "0",  # else the first step would have the learning rate 0
        "log_every": "10",
    }


def prove(folder: Path, changes: dict[str, str]) -> dict[str, str]:
    """Run it, hold it against what was promised → the rows of the table."""
    words = ["train", "instruct", "--config", "instruct-qlora"]
    words += [word for pair in changes.items() for word in ("--set", "=".join(pair))]
    rehearsed = sensorium([*words, "--dry-run"]).output
    run = sensorium(words)
    record = json.loads((folder / "run/run.json").read_text())
    last = json.loads((folder / "run/log.jsonl").read_text().splitlines()[-1])
    check(folder, record, last, run)
    parts = {part["group"]: part for part in record["parameters"]}
    own = ("steps", "batch_size", "accumulate", "warmup_steps")
    command = " ".join(["sensorium", *words[:4], *(f"--set {key}={changes[key]}" for key in own)])
    rows = {
        "machine": f"{record['machine']['processor']}, threads: {record['machine']['threads']}",
        "command, and where everything is": f"`{command}`",
        "parameters": f"{sum(part['total'] for part in parts.values()):,}",
        "of them LoRA, projector": f"{parts['llm']['learning']:,}, "
        f"{parts['projector']['learning']:,}",
        "frozen ones bit-identical afterwards": "yes, by SHA-256",
        "loss": f"{last['loss']:.2f}",
        "seconds, from start to bundle": f"{run.seconds:,.0f}",
        "seconds of training": f"{last['seconds']:,.0f}",
        "peak resident memory": f"{run.peak / 1e9:.1f} GB",
        "peak that `--dry-run` tells": peak_told(rehearsed),
    }
    if "vram_gib" in last:
        rows["peak memory on the GPU"] = f"{last['vram_gib']:.1f} GiB"
        rows["tokens a second"] = f"{last['tokens_per_second']:,.0f}"
    return rows


def sensorium(words: list[str]) -> Watched:
    """The command line in a process of its own; SystemExit with its words where it fails."""
    began = time.perf_counter()
    peak = 0
    with tempfile.TemporaryFile("w+") as told:
        with subprocess.Popen(
            [sys.executable, "-m", "sensorium", *words], stdout=told, stderr=subprocess.STDOUT
        ) as process:
            while process.poll() is None:
                peak = max(peak, high_water(process.pid))
                time.sleep(0.05)
        told.seek(0)
        output = told.read()
    if process.returncode:
        raise SystemExit(f"sensorium {' '.join(words)} failed:\n{output}")
    return Watched(output, time.perf_counter() - began, peak)


def high_water(pid: int) -> int:
    """Bytes. Not from getrusage: its figure begins with that of the process that started it."""
    try:
        found = re.search(r"VmHWM:\s*(\d+)", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0


def check(folder: Path, record: dict[str, Any], last: dict[str, Any], run: Watched) -> None:
    """SystemExit where one of the promises is broken."""
    bundle = folder / "run/bundle"
    projector = load_file(bundle / "projectors/image.safetensors")
    before = load_file(folder / "projector.safetensors")
    adapter = load_file(bundle / "llm/adapter/adapter_model.safetensors")
    # An adapter's second factor is zero at first, and its first one has no gradient until then.
    second = [weight for name, weight in adapter.items() if ".lora_B." in name]
    learning = {part["group"] for part in record["parameters"] if part["learning"]}
    promises = {
        "every layer of the projector changed": all(
            not torch.equal(weight, before[name]) for name, weight in projector.items()
        ),
        "every layer's adapter changed": bool(second) and all(map(torch.any, second)),
        "nothing else was free to learn": learning == {"llm", "projector"},
        "what was frozen is bit-identical": record["finished"]["frozen_unchanged"],
        "no step was skipped": "skipped_steps" not in record["finished"],
        "the loss is finite": math.isfinite(last.get("loss", math.nan)),
        f"it fits into 16 GB, with {run.peak / 1e9:.1f}": 0 < run.peak <= LIMIT,
    }
    if broken := [promise for promise, kept in promises.items() if not kept]:
        raise SystemExit(f"Not true: {'; '.join(broken)}.\n{run.output}")


def peak_told(rehearsed: str) -> str:
    """As `--dry-run` prints it."""
    found = re.search(r"^peak +(\S.*)$", rehearsed, re.M)
    return found[1].strip() if found else "nothing"


if __name__ == "__main__":
    main()
