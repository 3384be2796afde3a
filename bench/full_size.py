"""One question to a full-size model with random weights: does it fit, and how long does it take?

    python bench/full_size.py [--quantization nf4] [--threads N]

Builds configs/phi2-clip.yaml (Phi-2 in bfloat16 or nf4, CLIP-L/336, mlp projector) from the
published shapes alone, so nothing is downloaded, asks about one picture, and prints a line of JSON.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import tempfile
import time
from pathlib import Path

import sensorium
import tokenizers
import torch
from PIL import Image
from tokenizers import decoders, models, pre_tokenizers

ROOT = Path(__file__).parent.parent
SHAPES = ROOT / "bench/shapes"
RECIPE = ROOT / "configs/phi2-clip.yaml"


def write_checkpoints(folder: Path) -> None:
    """Folders that hold shapes and a tokenizer of bytes, and no weights."""
    for name, shape in (("llm", "phi-2"), ("clip", "clip-vit-large-patch14-336")):
        (folder / name).mkdir()
        shutil.copy(SHAPES / shape / "config.json", folder / name)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    backend = tokenizers.Tokenizer(models.BPE(dict(zip(alphabet, range(256), strict=True)), []))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens(["<|endoftext|>"])
    backend.save(str(folder / "llm" / "tokenizer.json"))


def peak_gib() -> float:
    """Most resident memory this process ever had; Linux counts it in KiB."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2)


def measure(folder: Path, quantization: str | None, threads: int) -> dict[str, object]:
    """Build, ask, and say what it took."""
    write_checkpoints(folder)
    began = time.perf_counter()
    engine = sensorium.load(
        RECIPE,
        [
            f"llm.checkpoint={folder / 'llm'}",
            "llm.random_seed=0",
            "llm.dtype=bfloat16",
            f"llm.quantization={quantization or 'null'}",
            f"encoders.image.checkpoint={folder / 'clip'}",
            "encoders.image.random_seed=0",
            f"threads={threads}",
            "system=''",
        ],
    )
    loaded = time.perf_counter()
    after_load = peak_gib()
    picture = sensorium.read_image(Image.new("RGB", (640, 480), "orange"))
    message = sensorium.Message.user(picture, "What is it?")
    answer = engine.ask([message], sensorium.GenerationOptions(max_tokens=4))
    return {
        "recipe": RECIPE.name,
        "llm": quantization or "bfloat16",
        "threads": torch.get_num_threads(),
        "load_seconds": round(loaded - began, 1),
        "first_text_seconds": round(answer.first_text_seconds, 1),
        "answer_seconds": round(answer.total_seconds, 1),
        "prompt_positions": answer.usage.prompt,
        "tokens": answer.usage.completion,
        "peak_gib_loading": after_load,
        "peak_gib": peak_gib(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quantization", choices=["nf4"])
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(Path(folder), arguments.quantization, arguments.threads)))


if __name__ == "__main__":
    main()
