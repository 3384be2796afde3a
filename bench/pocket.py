"""How long the pocket model takes for one question, and how large it is.

    python bench/pocket.py [--questions 200]

Each question is about a new picture, so the encoder runs every time; threads as the machine has.
Prints JSON: seconds to load, milliseconds per question typed and spoken, and until its first text
(p50, p95), milliseconds to hear a clip of three seconds, bytes of the bundle.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from statistics import quantiles

import sensorium
import torch
from sensorium import ChatEngine, Message, NothingHeardError
from sensorium_pocket.pictures import EVALUATION_SEEDS, picture_of, scene_of
from sensorium_pocket.speech.evaluation import held_out_clip
from sensorium_pocket.world.questions import phrase, sample_query

WARM_UP = 5
BUNDLE = Path(__file__).parents[1] / "plugins/pocket/sensorium_pocket/bundle"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=200)
    arguments = parser.parse_args()

    began = time.perf_counter()
    engine = sensorium.load("pocket")
    loaded = time.perf_counter() - began

    size = sum(path.stat().st_size for path in BUNDLE.rglob("*") if path.is_file())
    report = {
        "threads": torch.get_num_threads(),
        "questions": arguments.questions,
        "load_seconds": round(loaded, 2),
        "typed": asked(engine, arguments.questions, aloud=False),
        "spoken": asked(engine, arguments.questions, aloud=True),
        "hearing_3_s_ms": heard(engine, arguments.questions),
        "bundle_megabytes": round(size / 1e6, 2),
    }
    print(json.dumps(report, indent=2))


def asked(engine: ChatEngine, questions: int, *, aloud: bool) -> dict[str, dict[str, float]]:
    """Whole answers, and their first text."""
    whole, first = [], []
    for number in range(questions + WARM_UP):
        rng, scene = scene_of(EVALUATION_SEEDS + 500_000 + number)
        typed = phrase(sample_query(scene, rng), rng)
        question = held_out_clip("voices", number + 1_000_000).media if aloud else typed
        try:
            answer = engine.ask([Message.user(picture_of(scene), question)])
        except NothingHeardError:
            continue  # it asks to repeat, which takes no longer
        whole.append(answer.total_seconds)
        first.append(answer.first_text_seconds)
    return {"answer_ms": spread(whole), "first_text_ms": spread(first)}


def heard(engine: ChatEngine, clips: int) -> dict[str, float]:
    """Clips of three seconds through the transcriber alone."""
    transcriber = engine.pipeline.hearings["audio"].load()
    seconds = []
    for number in range(clips + WARM_UP):
        waveform = held_out_clip("voices", number + 2_000_000, seconds=3).waveform
        began = time.perf_counter()
        transcriber.transcribe(waveform)
        seconds.append(time.perf_counter() - began)
    return spread(seconds)


def spread(seconds: list[float]) -> dict[str, float]:
    """Milliseconds at the middle and near the end, the first few left out."""
    cuts = quantiles([1000 * one for one in seconds[WARM_UP:]], n=20)
    return {"p50": round(cuts[9], 1), "p95": round(cuts[18], 1)}


if __name__ == "__main__":
    main()
