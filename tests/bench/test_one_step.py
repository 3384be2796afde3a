"""bench/one_step.py on a shape of nothing: the run is the real one, and so is what it promises."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from bench.one_step import Watched, check

from .conftest import Bench


@pytest.mark.slow
def test_it_runs_the_preset_and_says_what_it_took(bench: Bench) -> None:
    pytest.importorskip("bitsandbytes")
    done = bench("one_step", "--batch-size", "2")
    rows = dict(line.strip("|").split(" | ", 1) for line in done.stdout.splitlines()[2:])
    told = {name.strip(): value.strip() for name, value in rows.items()}
    assert told["of them LoRA, projector"] == "114,688, 8,320"
    assert float(told["peak resident memory"].removesuffix(" GB")) > 0.2
    assert told["peak that `--dry-run` tells"].endswith("MB")


def kept(folder: Path) -> tuple[dict[str, object], dict[str, float]]:
    """What a good run leaves."""
    adapter = folder / "run/bundle/llm/adapter"
    adapter.mkdir(parents=True)
    (folder / "run/bundle/projectors").mkdir()
    save_file({"x.lora_B.weight": torch.ones(2)}, adapter / "adapter_model.safetensors")
    save_file({"weight": torch.ones(2)}, folder / "run/bundle/projectors/image.safetensors")
    save_file({"weight": torch.zeros(2)}, folder / "projector.safetensors")
    groups = {"llm": 2, "projector": 2, "encoder": 0}
    parameters = [{"group": name, "learning": count} for name, count in groups.items()]
    return {"parameters": parameters, "finished": {"frozen_unchanged": True}}, {"loss": 1.0}


def test_a_broken_promise_is_named(tmp_path: Path) -> None:
    record, last = kept(tmp_path)
    good = Watched("", 1.0, 10**9)
    check(tmp_path, record, last, good)
    with pytest.raises(SystemExit, match=r"16 GB, with 17\.0"):
        check(tmp_path, record, last, Watched("", 1.0, 17 * 10**9))
    with pytest.raises(SystemExit, match="loss is finite"):
        check(tmp_path, record, {}, good)
    free = json.loads(json.dumps(record).replace('"learning": 0', '"learning": 1'))
    with pytest.raises(SystemExit, match="nothing else was free"):
        check(tmp_path, free, last, good)
    before = tmp_path / "projector.safetensors"
    save_file({"weight": torch.ones(2)}, before)
    with pytest.raises(SystemExit, match="every layer of the projector changed"):
        check(tmp_path, record, last, good)
