"""Every preset at its real size: `--dry-run` counts it, in little memory and without any weights.

The hub's cache here holds what it would have after a first `--dry-run`: configurations and
tokenizers.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import huggingface_hub
import pytest
from click.testing import CliRunner
from sensorium.cli.root import root
from sensorium_trainers.presets import presets
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from .test_presets import AFTER, STAGE, data_of, write_data

SHAPES = Path(__file__).parents[2] / "bench/shapes"
HUB = {
    "microsoft/phi-2": "phi-2",
    "microsoft/phi-1_5": "phi-1_5",
    "openai/clip-vit-large-patch14-336": "clip-vit-large-patch14-336",
    "wkcn/TinyCLIP-ViT-61M-32-Text-29M-LAION400M": "TinyCLIP-ViT-61M-32",
    "openai/whisper-small": "whisper-small",
}
PHI_2, PHI_1_5, LORA = 2_779_683_840, 1_418_270_720, 94_371_840
MLP, LINEAR, STACKED = 9_180_160, 1_640_960, 22_287_360
COUNTS = {
    "phi2-scratch": {"llm": (PHI_2, PHI_2)},
    "phi1_5-scratch": {"llm": (PHI_1_5, PHI_1_5)},
    "phi2-qlora-pretrain": {"llm": (PHI_2 + LORA, LORA)},
    "align-clip-l336": {"llm": (PHI_2, 0), "projector": (MLP, MLP)},
    "align-tinyclip-coco": {"llm": (PHI_2, 0), "projector": (LINEAR, LINEAR)},
    "instruct-full": {"llm": (PHI_2, PHI_2), "projector": (MLP, MLP)},
    "instruct-qlora": {"llm": (PHI_2 + LORA, LORA), "projector": (MLP, MLP)},
    "audio-align": {"llm": (PHI_2, 0), "projector": (STACKED, STACKED)},
}


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("hub")
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(dict(zip(letters, range(256), strict=True)), []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|endoftext|>"])
    for name, shape in HUB.items():
        repository = folder / f"models--{name.replace('/', '--')}"
        commit = repository / "snapshots" / ("0" * 40)
        commit.mkdir(parents=True)
        (repository / "refs").mkdir()
        (repository / "refs" / "main").write_text(commit.name)
        (commit / "config.json").write_bytes((SHAPES / shape / "config.json").read_bytes())
        (commit / "preprocessor_config.json").write_text("{}")
        tokenizer.save(str(commit / "tokenizer.json"))
    write_data(folder)
    return folder


def words(cache: Path, preset: str) -> list[str]:
    settings = [f"data={data_of(cache, preset)}", "batch_size=1", "device=cpu"]
    if preset in AFTER:
        settings.append("model.encoders.image.projector.weights=null")
    flags = [word for pair in settings for word in ("--set", pair)]
    return ["train", STAGE[preset], "--config", preset, "--dry-run", *flags]


def counts(output: str) -> dict[str, tuple[int, int]]:
    rows = re.findall(r"^(llm|encoder|projector) +([\d,]+) +([\d,]+)$", output, re.M)
    return {name: (number(total), number(learning)) for name, total, learning in rows}


def number(text: str) -> int:
    return int(text.replace(",", ""))


@pytest.mark.slow
@pytest.mark.parametrize("preset", presets())
def test_parameters(cache, registry, monkeypatch, preset):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    done = CliRunner().invoke(root, words(cache, preset), obj=registry)
    assert done.exit_code == 0, done.output
    found = counts(done.output)
    assert {name: found[name] for name in COUNTS[preset]} == COUNTS[preset]
    assert found["encoder"][1] == 0
    assert re.search(r"^peak +[\d.]+ GB", done.output, re.M)


@pytest.mark.slow
def test_a_dry_run_of_the_largest_takes_little_memory(cache):
    """Its weights alone would be 11 GB."""
    code = (
        "from sensorium.cli import main\n"
        "try:\n    main()\n"
        "finally:\n    print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])\n"
    )
    environment = {**os.environ, "HF_HUB_CACHE": str(cache), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code, *words(cache, "phi2-scratch")],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert counts(done.stdout)["llm"] == (PHI_2, PHI_2)
    assert int(done.stdout.split()[-1]) < 1_200_000  # KiB
