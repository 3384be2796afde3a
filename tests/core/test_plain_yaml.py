"""YAML holds each key once; the second of two is never taken without a word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from sensorium.config import parse_overrides, read_yaml
from sensorium.errors import ConfigError
from sensorium.plain_yaml import parse
from sensorium.text_files import read_text

TWICE = """\
llm: {plugin: fake}
template: fake
generation:
  max_tokens: 5
  stop: [a]
  max_tokens: 9
"""


@pytest.mark.parametrize(
    ("text", "key", "lines"),
    [
        (TWICE, "max_tokens", (4, 6)),
        ("a: 1\n\nb: 2\na: 3\n", "a", (1, 4)),
        ("a: {b: {c: 1, d: 2, c: 1}}\n", "c", (1, 1)),
        ("data:\n  - path: x\n    format: text\n    path: y\n", "path", (2, 4)),
        ("a: 1\n'a': 2\n", "a", (1, 2)),
        ("1: a\n0x1: b\n", "1", (1, 2)),
        ("a: 1\n? a\n: 2\n", "a", (1, 2)),
        ("{<<: {a: 1}, <<: {b: 1}}", "<<", (1, 1)),
        ("a: !!set {b, b}", "b", (1, 1)),
        ("a: 1\na: 1\n", "a", (1, 2)),
    ],
)
def test_a_key_that_stands_twice_is_refused(tmp_path, text, key, lines):
    path = tmp_path / "recipe.yaml"
    path.write_text(text)
    first, second = lines
    said = rf"recipe\.yaml .*key '{key}' stands twice, in line {first} and again in line {second}$"
    with pytest.raises(ConfigError, match=said):
        read_yaml(path)


def test_a_key_that_stands_twice_in_an_override():
    with pytest.raises(ConfigError, match=r"value of 'llm' .*the key 'dtype' stands twice"):
        parse_overrides(["llm={plugin: fake, dtype: a, dtype: b}"])
    assert parse_overrides(["a=1", "a=2"]) == {"a": 2}  # the last of several is strongest


@pytest.mark.parametrize(
    "text",
    [
        "a: {x: 1}\nb: {x: 1}\n",
        "data: [{format: text}, {format: text}]",
        "a: b\nA: b\n",
        "a: {<<: {b: 1}, b: 2}",
    ],
)
def test_the_same_key_in_two_places(tmp_path, text):
    (tmp_path / "recipe.yaml").write_text(text)
    assert read_yaml(tmp_path / "recipe.yaml") == yaml.safe_load(text)


def test_all_yaml_is_read_in_one_place():
    """A reader elsewhere takes the last of two keys, or what an alias stands for."""
    root = Path(__file__).parents[2]
    readers = re.compile(r"yaml\.(safe_|full_|unsafe_)?load|\bfrom yaml import|YAML\(")
    found = {
        path.relative_to(root).as_posix()
        for room in ("core", "trainers", "plugins", "bench")
        for path in (root / room).rglob("*.py")
        if readers.search(path.read_text("utf-8"))
    }
    assert found == {"core/sensorium/plain_yaml.py"}


def test_recipes_that_come_with_it_have_no_key_twice():
    root = Path(__file__).parents[2]
    rooms = ("configs", "trainers", "plugins")
    recipes = [path for room in rooms for path in (root / room).rglob("*.yaml")]
    assert len(recipes) > 10
    for path in recipes:
        parse(read_text(path))
