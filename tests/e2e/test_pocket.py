"""The shipped pocket bundle, through the public interface."""

import gc
import importlib.util
import json
from pathlib import Path

import numpy as np
import psutil
import pytest
import sensorium
from sensorium import Message
from sensorium_pocket import FOLDER
from sensorium_pocket.evaluation import evaluate
from sensorium_pocket.examples import MANIFEST, examples

ROOT = Path(__file__).parents[2]
SCORES = json.loads((FOLDER / "scores.json").read_text())
PUBLISHED = SCORES["evaluations"]["pocket"]["scores"]


@pytest.fixture(scope="module")
def engine():
    return sensorium.load("pocket")


def test_the_bundle_is_small():
    files = [path for path in (FOLDER / "bundle").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 20e6
    assert not [path for path in files if path.suffix in {".pt", ".pkl"}]
    converted = [path for path in files if path.suffix == ".bin"]  # CTranslate2's own format
    assert [path.parent.name for path in converted] == ["ctranslate2"]


def test_the_examples_are_answered_to_the_letter(engine):
    rows = json.loads(MANIFEST.read_text())
    for row, (path, question) in zip(rows, examples(), strict=True):
        got = engine.ask([Message.user(sensorium.read_image(path), question)])
        assert got.text == row["answer"]
        assert got.finish_reason == "stop"


def test_a_short_evaluation_is_near_the_published_table(engine):
    """Forty scenes: enough to notice a broken model, within four standard errors."""
    measured = dict(list(evaluate(engine, 40))[-1])
    assert set(measured) == set(PUBLISHED)
    for group, score in measured.items():
        share = min(PUBLISHED[group]["share"], 0.99)  # a perfect share has no spread
        slack = 4 * (share * (1 - share) / score.total) ** 0.5
        assert score.value >= share - slack, f"{group}: {score}"


def test_the_documents_show_what_was_measured_on_these_weights():
    spec = importlib.util.spec_from_file_location("pocket_scores", ROOT / "bench/pocket_scores.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert SCORES["weights"] == module.weights()
    shown = [found for page in module.PAGES for found in module.MARKED.finditer(page.read_text())]
    assert {found[2] for found in shown} == {*SCORES["evaluations"]}
    for found in shown:
        assert module.table(found[2]) in found[0]
    ((_, beside, _),) = module.REBUILT.findall((ROOT / "docs/pocket.md").read_text())
    assert module.rebuilt_table() == beside
    if "rebuilt" in SCORES:
        assert SCORES["rebuilt"]["evaluations"].keys() == SCORES["evaluations"].keys()


def test_a_conversation_goes_on(engine):
    path, _ = examples()[0]
    messages = [Message.user(sensorium.read_image(path), "Is there a cat?")]
    first = engine.ask(messages)
    messages += [Message.assistant(first.text), Message.user("and a car?")]
    second = engine.ask(messages)
    assert first.text == "Top, left, right: yes, there is a cat."
    assert second.text == "Center: yes, there is a car."
    assert second.usage.reused > first.usage.prompt


def test_without_a_picture_it_says_so(engine):
    answer = engine.ask([Message.user("How many cats are there?")])
    assert answer.text == "I do not see a picture yet. Please give me one."


def test_memory_grows_by_what_is_counted_and_no_further_than_promised():
    """Every question shows another picture, so that nothing of what is kept is used again."""
    kept = 8
    engine = sensorium.load("pocket", [f"kept_megabytes={kept}", "threads=1"])
    process, pictures = psutil.Process(), np.random.default_rng(0)

    def ask(count):
        for _ in range(count):
            noise = pictures.integers(0, 256, (96, 96, 3), dtype=np.uint8)
            engine.ask([noise, "How many cats are there?"], {"max_tokens": 2})
        gc.collect()
        return process.memory_info().rss

    started, counted = ask(6), engine.sessions.nbytes
    grown, counting = ask(20) - started, engine.sessions.nbytes - counted
    assert counting > 4e6
    assert grown < 1.2 * counting + 2e6
    ask(20)
    full = process.memory_info().rss
    assert engine.sessions.nbytes <= kept * 2**20
    assert ask(40) - full < 3e6
    assert full - started < kept * 2**20 + 4e6
