"""From-scratch pretraining through `sensorium train pretrain` against a plain PyTorch loop.

    python bench/pretraining.py [--steps 400] [--width 128] [--layers 4]

Both begin with the same random Phi, read the same stories and are scored on the same held-out ones.
The loop is written out below and shares nothing with the trainer but torch and transformers' model;
it draws its samples in an order of its own. Prints JSON: mean loss per token before and after.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from sensorium.registry import create_registry
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional
from transformers import PhiConfig, PhiForCausalLM

TOKENIZER = Path(__file__).parents[1] / "plugins/pocket/sensorium_pocket/recipes/llm/tokenizer.json"
END = "<|end|>"
HELD_OUT = 200
WHO = ("a cat", "a dog", "a robot", "the farmer", "a little bird", "my grandmother", "the bear")
DID = ("found", "lost", "painted", "carried", "hid", "wanted", "dropped")
WHAT = ("a red ball", "an old key", "a kite", "a letter", "two shoes", "a drum", "a green lamp")
WHERE = ("in the garden", "at school", "under the bed", "on a train", "by the sea", "in the snow")
END_OF_IT = ("Then it was late.", "Everyone was happy.", "Nobody saw it.", "It began to rain.")


@dataclass(frozen=True)
class Setting:
    """One comparison."""

    steps: int = 400
    batch_size: int = 16
    stories: int = 4000
    width: int = 128
    layers: int = 4
    learning_rate: float = 3e-3
    seed: int = 0

    @property
    def warmup_steps(self) -> int:
        """A twentieth."""
        return self.steps // 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--steps", type=int, default=Setting.steps)
    parser.add_argument("--width", type=int, default=Setting.width)
    parser.add_argument("--layers", type=int, default=Setting.layers)
    given = parser.parse_args()
    setting = Setting(steps=given.steps, width=given.width, layers=given.layers)
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(compare(setting, Path(folder)), indent=1))


def compare(setting: Setting, folder: Path) -> dict[str, float]:
    """Validation loss before, by the reference loop, and by Sensorium."""
    learned = stories(setting.stories, seed=1)
    held_out = sorted(set(stories(2 * HELD_OUT, seed=2)) - set(learned))[:HELD_OUT]
    write_shape(folder / "shape", setting)
    (folder / "stories.txt").write_text("\n".join(learned))
    tokenizer = Tokenizer.from_file(str(TOKENIZER))
    model = fresh(folder / "shape", setting)
    before = score(model, held_out, tokenizer)
    train_plainly(model, learned, tokenizer, setting)
    reference = score(model, held_out, tokenizer)
    train_by_sensorium(folder, setting)
    trained = PhiForCausalLM.from_pretrained(folder / "out/bundle/llm").eval()
    ours = score(trained, held_out, tokenizer)
    return {"before": before, "reference": reference, "sensorium": ours, "ratio": ours / reference}


def train_by_sensorium(folder: Path, setting: Setting) -> None:
    """The command line, in this process."""
    from sensorium.cli.root import root

    recipe = {
        "model": {
            "template": "pocket",
            "llm": {
                "plugin": "phi2",
                "checkpoint": str(folder / "shape"),
                "random_seed": setting.seed,
                "dtype": "float32",
            },
        },
        "data": [{"format": "text", "path": str(folder / "stories.txt")}],
        "output": str(folder / "out"),
        "steps": setting.steps,
        "batch_size": setting.batch_size,
        "learning_rate": setting.learning_rate,
        "warmup_steps": setting.warmup_steps,
        "weight_decay": 0.1,
        "device": "cpu",
    }
    (folder / "recipe.yaml").write_text(json.dumps(recipe))  # JSON is YAML
    words = ["train", "pretrain", "--config", str(folder / "recipe.yaml")]
    with redirect_stdout(sys.stderr):
        root.main(args=words, standalone_mode=False, obj=create_registry())


def train_plainly(model: Any, texts: Sequence[str], tokenizer: Tokenizer, setting: Setting) -> None:
    """AdamW, warm-up, cosine to zero, clipping: what any tutorial does."""
    decayed = [weight for weight in model.parameters() if weight.dim() > 1]
    others = [weight for weight in model.parameters() if weight.dim() == 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}],
        lr=setting.learning_rate,
        betas=(0.9, 0.98),
    )
    model.train()
    for step, some in zip(range(setting.steps), batches(texts, setting), strict=False):
        share = (step - setting.warmup_steps) / (setting.steps - setting.warmup_steps)
        factor = (1 + math.cos(math.pi * share)) / 2 if share >= 0 else step / setting.warmup_steps
        for group in optimizer.param_groups:
            group["lr"] = setting.learning_rate * factor
        total, count = loss_of(model, some, tokenizer)
        torch.autograd.backward(total / count)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    model.eval()


def batches(texts: Sequence[str], setting: Setting) -> Iterator[list[str]]:
    """Without end, shuffled anew in every round."""
    rng = random.Random(setting.seed)
    while True:
        order = rng.sample(texts, len(texts))
        for start in range(0, len(order) - setting.batch_size + 1, setting.batch_size):
            yield order[start : start + setting.batch_size]


def loss_of(model: Any, texts: Sequence[str], tokenizer: Tokenizer) -> tuple[Tensor, int]:
    """Sum of the cross-entropy of all tokens but the first, and how many there are."""
    end = tokenizer.token_to_id(END)
    rows = [torch.tensor([end, *tokenizer.encode(text).ids, end]) for text in texts]
    ids = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
    labels = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=-100)[:, 1:]
    logits = model(input_ids=ids).logits[:, :-1]
    total = functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="sum")
    return total, int((labels >= 0).sum())


def score(model: Any, texts: Sequence[str], tokenizer: Tokenizer) -> float:
    """Mean loss per token."""
    with torch.no_grad():
        parts = [loss_of(model, texts[n : n + 50], tokenizer) for n in range(0, len(texts), 50)]
    return sum(float(total) for total, _ in parts) / sum(count for _, count in parts)


def fresh(shape: Path, setting: Setting) -> Any:
    """The random weights that `random_seed` stands for in a recipe."""
    torch.manual_seed(setting.seed)
    return PhiForCausalLM(PhiConfig.from_pretrained(shape)).eval()


def write_shape(folder: Path, setting: Setting) -> None:
    """config.json and tokenizer.json."""
    folder.mkdir()
    tokenizer = Tokenizer.from_file(str(TOKENIZER))
    config = {
        "model_type": "phi",
        "vocab_size": tokenizer.get_vocab_size(),
        "hidden_size": setting.width,
        "intermediate_size": 4 * setting.width,
        "num_hidden_layers": setting.layers,
        "num_attention_heads": max(1, setting.width // 32),
        "max_position_embeddings": 256,
        "partial_rotary_factor": 0.5,
    }
    (folder / "config.json").write_text(json.dumps(config))
    tokenizer.save(str(folder / "tokenizer.json"))


def stories(count: int, *, seed: int) -> list[str]:
    """Short stories from a small grammar; the same for the same seed."""
    rng = random.Random(seed)

    def sentence() -> str:
        words = f"{rng.choice(WHO)} {rng.choice(DID)} {rng.choice(WHAT)} {rng.choice(WHERE)}."
        return words[0].upper() + words[1:]

    return [
        " ".join([*(sentence() for _ in range(rng.randint(1, 4))), rng.choice(END_OF_IT)])
        for _ in range(count)
    ]


if __name__ == "__main__":
    main()
