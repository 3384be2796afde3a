"""Whatever is written of equal models is equal, in whichever process."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

WRITE = """
import json, sys
from pathlib import Path

import torch
from sensorium.bundle import save_bundle
from sensorium.config import make_recipe
from sensorium.discovery import find_plugins
from sensorium.lora import LoraOptions
from sensorium.pipeline import plan
from sensorium.registry import Registry

torch.manual_seed(0)
recipe = make_recipe(json.loads(sys.argv[1]), source="recipe")
pipeline = plan(recipe, Registry(find_plugins([], [])), source="recipe").build()
targets = ("fc1", "fc2", "q_proj", "k_proj", "lm_head", "embed_tokens")
pipeline.llm.add_lora(LoraOptions(r=2, targets=targets))
for dtype in (None, torch.float16):
    save_bundle(pipeline, Path(sys.argv[2], str(dtype)), name="tiny", dtype=dtype)
"""


@pytest.mark.slow
def test_two_processes_write_the_same_bundle(tree, tmp_path):
    """Sets and Rust's maps have another order in each process."""
    written = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        command = [sys.executable, "-c", WRITE, json.dumps(tree), str(folder)]
        environment = os.environ | {"PYTHONHASHSEED": seed, "OMP_NUM_THREADS": "1"}
        subprocess.run(command, check=True, timeout=250, env=environment, capture_output=True)
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        written.append({path.relative_to(folder).as_posix(): path.read_bytes() for path in files})
    one, other = written
    assert one.keys() == other.keys()
    assert sum(name.endswith(".safetensors") for name in one) == 8
    assert not [name for name in one if one[name] != other[name]]
