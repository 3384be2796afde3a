"""Speculation on Phi-2 in 4 bits: answers that quote their context, and answers that do not.

    python -m bench.speculation [--threads 2] [--write] [--smoke]

Full-size random weights, which say nothing worth quoting: what is "answered" is therefore given,
and the model computes every position of it as it would. The context is a page of our documentation.
One answer quotes stretches of it between words of its own, the other is a page about something
else. With and without speculation take turns within one run; times are medians over the rounds.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import torch
from sensorium.contracts import LanguageModel, Session
from sensorium.speculation import CostCurve, Lookup, Reader
from sensorium_llm_phi2.onnx.build import build
from sensorium_llm_phi2.onnx.convert import convert
from sensorium_llm_phi2.options import Phi2Options
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from . import cpu_tables
from .cpu import PHI_2, SMOKE_SHAPE
from .pages import CPU, options, put
from .random_phi import write_checkpoint

DOCS = Path(__file__).parent.parent / "docs"
CONTEXT, ELSEWHERE = DOCS / "training.md", DOCS / "audio.md"


@dataclass(frozen=True)
class Plan:
    """Lengths in tokens."""

    context: int = 600
    answer: int = 200
    quote: int = 60
    own_words: int = 10
    rounds: int = 3


SMOKE = Plan(48, 24, 8, 4, 1)


class Costs(CostCurve):
    """Counts the calls too."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: Counter[int] = Counter()

    def note(self, size: int, seconds: float) -> None:
        """Remember that there was one more of this size."""
        self.calls[size] += 1
        super().note(size, seconds)


@dataclass
class Times:
    """Seconds of one answer in every round, and how many calls had how many positions."""

    plain: list[float] = field(default_factory=list)
    quick: list[float] = field(default_factory=list)
    calls: Counter[int] = field(default_factory=Counter)

    def table(self, tokens: int) -> dict[str, Any]:
        """Tokens a second, and the ratio within a round."""
        ratios = [plain / quick for plain, quick in zip(self.plain, self.quick, strict=True)]
        return {
            "tokens_per_second": round(tokens / median(self.plain), 2),
            "with_speculation": round(tokens / median(self.quick), 2),
            "times_as_fast": round(median(ratios), 3),
            "calls_by_positions": dict(sorted(self.calls.items())),
        }


def texts(vocabulary: int, plan: Plan) -> tuple[list[int], dict[str, list[int]]]:
    """The context, and the answers by their kind."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train([str(path) for path in sorted(DOCS.glob("*.md"))], trainer)
    context = tokenizer.encode(CONTEXT.read_text()).ids[: plan.context]
    other = tokenizer.encode(ELSEWHERE.read_text()).ids[: plan.answer]
    quoting: list[int] = []
    for start in range(0, plan.answer, plan.own_words):
        place = 5 * start % (plan.context - plan.quote)
        quoting += other[start:][: plan.own_words] + context[place:][: plan.quote]
    return context, {"quotes": quoting[: plan.answer], "quotes_nothing": other}


def measure(llm: LanguageModel, plan: Plan) -> dict[str, Any]:
    """Every answer with and without, round after round."""
    context, answers = texts(llm.vocabulary, plan)
    session = llm.open_session()
    session.append(llm.embed(torch.tensor(context)))
    times = {kind: Times() for kind in answers}
    for _ in range(plan.rounds):
        for kind, answer in answers.items():
            times[kind].plain.append(_seconds(llm, session, context, answer, None))
            # New for every answer: what it learns first is part of the price.
            costs = Costs()
            times[kind].quick.append(_seconds(llm, session, context, answer, costs))
            times[kind].calls += costs.calls
    return {kind: measured.table(len(answers[kind]) - 1) for kind, measured in times.items()}


def _seconds(
    llm: LanguageModel,
    session: Session,
    context: list[int],
    answer: list[int],
    costs: Costs | None,
) -> float:
    session.truncate(len(context))
    began = time.perf_counter()
    reader = Reader(llm, session, Lookup(context) if costs else None, costs)
    for index, token in enumerate(answer[:-1]):
        reader.read(token, len(answer) - index - 1).argmax()
    reader.settle()
    return time.perf_counter() - began


def run(folder: Path, threads: int, *, smoke: bool) -> dict[str, Any]:
    """Write, convert, load, measure."""
    torch.set_num_threads(threads)
    config = {**json.loads(PHI_2.read_text()), **(SMOKE_SHAPE if smoke else {})}
    (folder / "gptq").mkdir()
    write_checkpoint(config, folder / "gptq")
    convert(folder / "gptq", folder / "onnx")
    model = build(Phi2Options(checkpoint=str(folder / "onnx"), backend="onnx"), "cpu")
    return {"threads": threads, **measure(model, SMOKE if smoke else Plan())}


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--folder", type=Path, help="Where 5 GB are written for a while.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        report = run(Path(folder), given.threads, smoke=given.smoke)
    print(json.dumps(report, indent=2))
    if given.write:
        put(CPU, "speculation", cpu_tables.speculation(report))


if __name__ == "__main__":
    main()
