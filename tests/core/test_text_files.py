"""Text files are read in one place: the mark in front is no part of them, UTF-16 is named."""

from __future__ import annotations

import ast
import codecs
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sensorium.checkpoint import read_json
from sensorium.config import read_yaml
from sensorium.discovery import load_project
from sensorium.errors import ConfigError
from sensorium.text_files import EncodingError, read_lines, read_text

ROOT = Path(__file__).parents[2]

ELSEWHERE = {
    "core/sensorium/text_files.py": "the one place",
    "core/sensorium/memory.py": "the kernel wrote it",
    "trainers/sensorium_trainers/machine.py": "the kernel wrote it",
    "trainers/sensorium_trainers/features/room.py": "a number that Sensorium wrote",
    "plugins/pocket/sensorium_pocket/speech/invented.py": "espeak's own files, in many encodings",
    "plugins/pocket/sensorium_pocket/speech/espeak.py": "what espeak's library returns",
    "trainers/sensorium_trainers/generate/wire.py": "halves of characters, in memory",
    "core/sensorium/testing/fakes.py": "a tokenizer of bytes",
}
"""Modules that may turn bytes into text themselves, and why."""

texts = st.text(st.characters(codec="utf-8", exclude_characters="\r\ufeff\0"))


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("texts") / "a.txt"


@given(text=texts, marks=st.integers(0, 1), ends=st.sampled_from(["\n", "\r\n", "\r"]))
def test_the_mark_is_no_part_of_the_text(file, text, marks, ends):
    file.write_bytes(codecs.BOM_UTF8 * marks + text.replace("\n", ends).encode())
    assert read_text(file) == text
    assert read_lines(file) == text.split("\n")


@given(parts=st.lists(texts.map(lambda text: f"{text}\n"), min_size=1, max_size=4))
def test_files_joined_into_one_have_a_mark_in_front_of_lines(file, parts):
    file.write_bytes(b"".join(codecs.BOM_UTF8 + part.encode() for part in parts))
    assert read_lines(file) == "".join(parts).split("\n")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
@pytest.mark.parametrize("text", ["a: b\n", "{}", "first line\nsecond line\n"])
def test_other_encodings_are_named(file, encoding, text):
    file.write_bytes(text.encode(encoding))
    with pytest.raises(EncodingError, match=f"it is {encoding[:6].upper()}, not UTF-8; save it as"):
        read_text(file)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize(
    "text", ["你好 hello\n", "你好\n世界\n", "«Да», — he said", "é\n", "😀 fox\n"]
)
def test_other_encodings_without_a_mark_behind_other_letters(file, encoding, text):
    file.write_bytes(text.encode(encoding))
    with pytest.raises(EncodingError, match=r"it is UTF-(16|32).*, not UTF-8; save it as"):
        read_text(file)


def test_what_is_no_text_says_where(file):
    file.write_bytes(b"one\ntwo\ncaf\xe9\n")
    with pytest.raises(EncodingError, match=r"not UTF-8 \(the byte 0xE9 in line 3\)"):
        read_text(file)


def test_recipes_checkpoints_and_plugins(tmp_path):
    recipe, config, project = tmp_path / "r.yaml", tmp_path / "c.json", tmp_path / "pyproject.toml"
    recipe.write_bytes(codecs.BOM_UTF8 + b"llm: {plugin: phi2}\n")
    assert read_yaml(recipe) == {"llm": {"plugin": "phi2"}}
    config.write_bytes(codecs.BOM_UTF8 + b'{"a": 1}')
    assert read_json(config) == {"a": 1}
    project.write_bytes(codecs.BOM_UTF8 + b'[project.entry-points.sensorium]\nmine = "mine"\n')
    assert [entry.name for entry in load_project(project)] == ["mine"]
    recipe.write_bytes("llm: {}\n".encode("utf-16"))
    with pytest.raises(ConfigError, match=r"r\.yaml: it is UTF-16, not UTF-8; save it as UTF-8"):
        read_yaml(recipe)


def _reads_text(call: ast.Call) -> bool:
    """Whether it opens a file as text to read it, or decodes bytes, by itself."""
    called = call.func
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    said = [argument.value for argument in call.args if isinstance(argument, ast.Constant)]
    if name == "read_text":
        return isinstance(called, ast.Attribute)
    if name == "decode":
        return any(isinstance(value, str) for value in said)
    if name == "open":
        keywords = {key.arg: key.value for key in call.keywords}
        mode = next((value for value in said if isinstance(value, str)), "r")
        return "encoding" in keywords and not set("wax") & set(mode)
    return name == "TextIOWrapper"


def test_nothing_else_reads_text_files():
    """Whoever reads text elsewhere forgets the mark, or says something else of UTF-16."""
    found = set()
    for room in ("core", "trainers", "plugins"):
        for path in (ROOT / room).rglob("*.py"):
            calls = [
                node
                for node in ast.walk(ast.parse(path.read_bytes()))
                if isinstance(node, ast.Call)
            ]
            if any(map(_reads_text, calls)):
                found.add(path.relative_to(ROOT).as_posix())
    assert found - ELSEWHERE.keys() == set()
