"""The shipped pocket bundle, through the public interface."""

import json
import time
from collections import Counter

import pytest
from sensorium_pocket import FOLDER
from sensorium_pocket.data import EVALUATION_SEEDS
from sensorium_pocket.evaluation import evaluate
from sensorium_pocket.examples import MANIFEST, examples
from sensorium_pocket.world import sample_scene
from sensorium_pocket.world.questions import answer

import sensorium
from sensorium import Message

REQUIRED = {
    "yes/no": 0.97,
    "background": 0.99,
    "where": 0.95,
    "count": 0.92,
    "at": 0.93,
    "relation": 0.90,
    "caption recall": 0.90,
    "caption precision": 0.96,
    "small talk": 0.98,
    "hand-written": 0.80,
}


@pytest.fixture(scope="module")
def engine():
    return sensorium.load("pocket")


def test_the_bundle_is_small():
    files = [path for path in (FOLDER / "bundle").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 20e6
    assert not [path for path in files if path.suffix in {".bin", ".pt", ".pkl"}]


def test_the_examples_are_answered_to_the_letter(engine):
    rows = json.loads(MANIFEST.read_text())
    for row, (path, question) in zip(rows, examples(), strict=True):
        got = engine.ask([Message.user(sensorium.read_image(path), question)])
        assert got.text == row["answer"]
        assert got.finish_reason == "stop"


def test_a_short_evaluation_is_near_the_published_table(engine):
    """Forty scenes: enough to notice a broken model, within four standard errors of the bar."""
    table = dict(list(evaluate(engine, 40))[-1])
    assert set(REQUIRED) <= set(table)
    for group, bar in REQUIRED.items():
        slack = 4 * (bar * (1 - bar) / table[group].total) ** 0.5
        assert table[group].value >= bar - slack, f"{group}: {table[group]}"


def test_a_conversation_goes_on(engine):
    path, _ = examples()[0]
    messages = [Message.user(sensorium.read_image(path), "Is there a cat?")]
    first = engine.ask(messages)
    messages += [Message.assistant(first.text), Message.user("and a car?")]
    second = engine.ask(messages)
    assert first.text == "Yes, at the top, left and right."
    assert second.text == "Yes, at the center."
    assert second.usage.reused > first.usage.prompt


def test_without_a_picture_it_says_so(engine):
    answer = engine.ask([Message.user("How many cats are there?")])
    assert answer.text == "I do not see a picture yet. Please give me one."
