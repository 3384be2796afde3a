"""Peak memory of real training runs against what `sensorium train --dry-run` says.

    python bench/training_memory.py [--size small|medium] [--only NAME …] [--json FILE]

Every setting trains two steps in a process of its own, on random weights of Phi's and CLIP's
shape, and the most resident memory it ever had is read from the kernel. Prints a table in Markdown.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import tokenizers
from PIL import Image
from sensorium.registry import create_registry
from sensorium_trainers.composing import compose
from sensorium_trainers.freezing import table
from sensorium_trainers.holdout import open_split
from sensorium_trainers.language import LanguageObjective
from sensorium_trainers.memory import estimate
from sensorium_trainers.recipe import TrainingRecipe
from sensorium_trainers.rehearsal import largest, sampled
from sensorium_trainers.stages import STAGES
from tokenizers import decoders, models, pre_tokenizers

VOCABULARY = 16_384
SIZES: dict[str, dict[str, int]] = {
    "small": {"width": 128, "layers": 8, "positions": 512},
    "medium": {"width": 1024, "layers": 16, "positions": 512},
}
LORA = {"r": 64, "alpha": 16, "dropout": 0.1}
SETTINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "full, batch 2": ("pretrain", {"batch_size": 2}),
    "full, batch 8": ("pretrain", {"batch_size": 8}),
    "full, batch 8, two per step": ("pretrain", {"batch_size": 8, "accumulate": 2}),
    "full, batch 8, checkpointing": (
        "pretrain",
        {"batch_size": 8, "gradient_checkpointing": True},
    ),
    "full, batch 8, bf16": ("pretrain", {"batch_size": 8, "autocast": "bfloat16"}),
    "full, batch 8, 8-bit": ("pretrain", {"batch_size": 8, "optimizer": "adamw_8bit"}),
    "full, batch 8, Muon": ("pretrain", {"batch_size": 8, "optimizer": "muon"}),
    "LoRA, batch 8": ("pretrain", {"batch_size": 8, "lora": LORA}),
    "LoRA on nf4, batch 8": ("pretrain", {"batch_size": 8, "lora": LORA}),
    "align, batch 8": ("align", {"batch_size": 8}),
    "align, batch 8, checkpointing": ("align", {"batch_size": 8, "gradient_checkpointing": True}),
    "instruct, batch 4": ("instruct", {"batch_size": 4}),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--size", choices=SIZES, default="medium")
    parser.add_argument("--only", nargs="*", choices=SETTINGS, default=list(SETTINGS))
    parser.add_argument("--json", type=Path, help="Write the figures there as well.")
    parser.add_argument("--run", nargs=2, metavar=("STAGE", "RECIPE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        print(train(*arguments.run))
        return
    figures = []
    print("| setting | parameters | learn | estimated | measured | est. / measured |")
    print("|---|--:|--:|--:|--:|--:|")
    for name in arguments.only:
        with tempfile.TemporaryDirectory() as folder:
            made = compare(name, SIZES[arguments.size], Path(folder))
        figures.append(made)
        cells = [f"{made[key]:,}" for key in ("parameters", "learn")]
        cells += [f"{made[key] / 1e6:,.0f} MB" for key in ("estimated", "measured")]
        ratio = made["estimated"] / made["measured"]
        print(f"| {name} | {' | '.join(cells)} | {ratio:.2f} |", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n")


def compare(name: str, size: dict[str, int], folder: Path) -> dict[str, Any]:
    """One setting: estimated here, measured in another process."""
    stage, changes = SETTINGS[name]
    tree = recipe(name, stage, size, folder) | changes
    return {"setting": name, "measured": run(stage, tree, folder / "run"), **guess(stage, tree)}


def run(stage: str, tree: dict[str, Any], output: Path) -> int:
    """Peak bytes of a process that trains."""
    file = output.with_suffix(".json")
    file.write_text(json.dumps(tree | {"output": str(output)}))
    done = subprocess.run(
        [sys.executable, __file__, "--run", stage, str(file)],
        check=True,
        capture_output=True,
        text=True,
    )
    return int(done.stdout.split()[-1])


def train(stage: str, recipe_file: str) -> int:
    """Two steps; bytes of the highest resident memory of this process."""
    from sensorium_trainers.loop import Run

    made = TrainingRecipe.model_validate_json(Path(recipe_file).read_text())
    Run(STAGES[stage], made, create_registry()).train(lambda line: None)
    # Not getrusage: its figure begins with that of the process which started this one.
    status = Path("/proc/self/status").read_text().split("VmHWM:")[1]
    return int(status.split()[0]) * 1024


def guess(stage: str, tree: dict[str, Any]) -> dict[str, int]:
    """What `--dry-run` finds."""
    made = TrainingRecipe.model_validate(tree)
    registry = create_registry()
    data = open_split(made, registry)[0]
    objective = compose(STAGES[stage], made, registry, data, shapes_only=True)
    if not isinstance(objective, LanguageObjective):
        raise TypeError(f"nothing is estimated for the stage {stage}")
    groups = table(objective)
    counts = {
        "parameters": sum(part.total for part in groups),
        "learn": sum(part.learning for part in groups),
    }
    rows = sampled(objective, data).rows
    batch = objective.batch(largest(rows, made))
    return {**counts, "estimated": estimate(objective, made, batch).peak}


def recipe(name: str, stage: str, size: dict[str, int], folder: Path) -> dict[str, Any]:
    """A recipe over random weights and rows of one length."""
    llm: dict[str, Any] = {"plugin": "phi2", "checkpoint": str(folder / "llm"), "random_seed": 0}
    llm |= {"dtype": "float32", **({"quantization": "nf4"} if "nf4" in name else {})}
    write_llm(folder / "llm", size)
    model: dict[str, Any] = {"template": "llava-phi", "llm": llm, "system": ""}
    if stage == "pretrain":
        text = "a" * (size["positions"] - 2)
        (folder / "text.txt").write_text(f"{text}\n" * 64)
        data = {"format": "text", "path": str(folder / "text.txt")}
    else:
        write_clip(folder / "clip", size)
        write_pictures(folder, size)
        image = {"plugin": "clip", "checkpoint": str(folder / "clip"), "random_seed": 0}
        model["encoders"] = {"image": {**image, "projector": {"plugin": "mlp", "depth": 2}}}
        data = {"format": "llava", "path": str(folder / "llava.json")}
    return {
        "model": model,
        "data": [data],
        "output": "",
        "steps": 2,  # from the second on the moments are there
        "threads": 1,
        "device": "cpu",
    }


def write_llm(folder: Path, size: dict[str, int]) -> None:
    """Phi's shape, and bytes as tokens."""
    folder.mkdir()
    config = {
        "model_type": "phi",
        "vocab_size": VOCABULARY,
        "hidden_size": size["width"],
        "intermediate_size": 4 * size["width"],
        "num_hidden_layers": size["layers"],
        "num_attention_heads": size["width"] // 64,
        "max_position_embeddings": 1024,
        "partial_rotary_factor": 0.5,
    }
    (folder / "config.json").write_text(json.dumps(config))
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    backend = tokenizers.Tokenizer(models.BPE(dict(zip(letters, range(256), strict=True)), []))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens(["<|endoftext|>"])
    backend.save(str(folder / "tokenizer.json"))


def write_clip(folder: Path, size: dict[str, int]) -> None:
    """A vision tower that gives 196 positions."""
    folder.mkdir()
    config = {
        "model_type": "clip_vision_model",
        "hidden_size": size["width"] // 2,
        "intermediate_size": 2 * size["width"],
        "num_hidden_layers": size["layers"],
        "num_attention_heads": size["width"] // 64,
        "image_size": 224,
        "patch_size": 16,
    }
    (folder / "config.json").write_text(json.dumps(config))


def write_pictures(folder: Path, size: dict[str, int]) -> None:
    """One question about each of eight pictures."""
    answer = "a" * (size["positions"] - 196 - 30)
    records = []
    for number in range(8):
        Image.new("RGB", (224, 224), (number * 30, 90, 90)).save(folder / f"{number}.png")
        turns = [{"from": "human", "value": "<image>\nWhat?"}, {"from": "gpt", "value": answer}]
        records.append({"id": number, "image": f"{number}.png", "conversations": turns})
    (folder / "llava.json").write_text(json.dumps(records))


if __name__ == "__main__":
    main()
