"""A training step in float32 and in bfloat16, on a CPU: as torch computes attention, and as we do.

    python -m bench.precision [--threads 2] [--rounds 5] [--write] [--smoke]

The pocket's eyes and ears and a small Phi with long sequences, random weights, each step forwards,
backwards and AdamW. All of them take turns. Prints a table in Markdown, and with `--write` puts it
into docs/measurements.md; `--smoke` takes one small step of each.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import sensorium_pocket
import torch
from sensorium_trainers.precision import wide_attention
from torch import Tensor, nn
from transformers import (
    CLIPVisionConfig,
    CLIPVisionModel,
    PhiConfig,
    PhiForCausalLM,
    WhisperConfig,
    WhisperForConditionalGeneration,
)

from .pages import MEASUREMENTS, made_on, options, publish

SHAPES = Path(sensorium_pocket.__file__).parent / "recipes"
SETTINGS = ("float32", "bfloat16, torch's attention", "bfloat16, ours")
WARMUP = 2

Case = tuple[nn.Module, Callable[[], Tensor]]


def eyes(*, smoke: bool) -> Case:
    """A batch of the stage `encoder`: 36 positions each."""
    config = CLIPVisionConfig.from_pretrained(SHAPES / "encoder")
    model = CLIPVisionModel(config)
    pixels = torch.randn(2 if smoke else 64, 3, config.image_size, config.image_size)
    return model, lambda: model(pixels).last_hidden_state.float().square().mean()


def ears(*, smoke: bool) -> Case:
    """A batch of the stage `speech`: 150 positions of sound, and what was said."""
    config = WhisperConfig.from_pretrained(SHAPES / "speech")
    model = WhisperForConditionalGeneration(config)
    size = 2 if smoke else 32
    sound = torch.randn(size, config.num_mel_bins, 2 * config.max_source_positions)
    words = torch.randint(config.vocab_size, (size, 14))
    return model, lambda: model(input_features=sound, labels=words).loss


def texts(*, smoke: bool) -> Case:
    """Two rows of 1,024 tokens through a Phi of 33 M parameters."""
    config = PhiConfig(
        vocab_size=5000,
        hidden_size=64 if smoke else 768,
        intermediate_size=64 if smoke else 3072,
        num_hidden_layers=4,
        num_attention_heads=12 if not smoke else 1,
    )
    model = PhiForCausalLM(config)
    tokens = torch.randint(config.vocab_size, (2, 16 if smoke else 1024))
    return model, lambda: model(input_ids=tokens, labels=tokens).loss


CASES = {"pocket's eyes": eyes, "pocket's ears": ears, "Phi, 33 M, rows of 1,024": texts}


def step(case: Case, optimizer: torch.optim.Optimizer, setting: str) -> float:
    """Seconds of one."""
    began = time.perf_counter()
    with ExitStack() as stack:
        if setting != "float32":
            stack.enter_context(torch.autocast("cpu", torch.bfloat16))
        if setting.endswith("ours"):
            stack.enter_context(wide_attention())
        loss = case[1]()
    torch.autograd.backward(loss)
    optimizer.step()
    optimizer.zero_grad()
    return time.perf_counter() - began


def rows(rounds: int, *, smoke: bool) -> Iterator[str]:
    """Lines of the table."""
    for name, make in CASES.items():
        torch.manual_seed(0)
        case = make(smoke=smoke)
        optimizer = torch.optim.AdamW(case[0].train().parameters(), fused=True)
        taken: dict[str, list[float]] = {setting: [] for setting in SETTINGS}
        for _ in range(WARMUP + rounds):
            for setting, times in taken.items():
                times.append(step(case, optimizer, setting))
        seconds = [median(times[WARMUP:]) for times in taken.values()]
        cells = [f"{1e3 * each:,.0f} ms" for each in seconds]
        yield f"| {name} | {' | '.join(cells)} | {seconds[0] / seconds[-1]:.2f} |"


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    lines = [f"| a step of | {' | '.join(SETTINGS)} | times as fast |", "|---|--:|--:|--:|--:|"]
    lines += rows(given.rounds, smoke=given.smoke)
    able = torch.cpu.get_capabilities()
    names = [name for name in ("amx_bf16", "avx512_bf16") if able.get(name)]
    lines += ["", made_on(given.threads, f"which has {' and '.join(names) or 'no bfloat16'}")]
    made = "\n".join(lines) + "\n"
    publish(MEASUREMENTS, "precision", made, write=given.write)


if __name__ == "__main__":
    main()
