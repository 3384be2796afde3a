"""How long the pocket model takes for one question, and how large it is.

    python bench/pocket.py [--questions 200]

Each question is about a new picture, so the encoder runs every time; threads as the machine has.
Prints JSON: seconds to load, milliseconds per question (p50, p95), bytes of the bundle.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from statistics import quantiles

import sensorium
import torch
from sensorium import Message
from sensorium_pocket.data import EVALUATION_SEEDS, picture_of, scene_of
from sensorium_pocket.world.questions import phrase, sample_query

BUNDLE = Path(__file__).parents[1] / "plugins/pocket/sensorium_pocket/bundle"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=200)
    arguments = parser.parse_args()

    began = time.perf_counter()
    engine = sensorium.load("pocket")
    loaded = time.perf_counter() - began

    milliseconds, first = [], []
    for number in range(arguments.questions + 5):
        rng, scene = scene_of(EVALUATION_SEEDS + 500_000 + number)
        question = phrase(sample_query(scene, rng), rng)
        answer = engine.ask([Message.user(picture_of(scene), question)])
        milliseconds.append(answer.total_seconds * 1000)
        first.append(answer.first_text_seconds * 1000)
    spread, spread_first = quantiles(milliseconds[5:], n=20), quantiles(first[5:], n=20)
    size = sum(path.stat().st_size for path in BUNDLE.rglob("*") if path.is_file())
    report = {
        "threads": torch.get_num_threads(),
        "questions": arguments.questions,
        "load_seconds": round(loaded, 2),
        "question_ms": {"p50": round(spread[9], 1), "p95": round(spread[18], 1)},
        "first_text_ms": {"p50": round(spread_first[9], 1), "p95": round(spread_first[18], 1)},
        "bundle_megabytes": round(size / 1e6, 2),
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
