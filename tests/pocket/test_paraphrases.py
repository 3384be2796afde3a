"""The hand-written paraphrases are well-formed: known kinds, fields, things, colours and cells."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import sensorium_pocket
import yaml
from sensorium_pocket.world.things import BY_NAME, CELLS

SIDES = {"left", "right", "above", "below"}
INTENTS = {
    "greeting",
    "how_are_you",
    "who_are_you",
    "what_can_you_do",
    "thanks",
    "bye",
    "out_of_scope",
}
# kind -> the fields it needs; `colour` is optional where OPTIONAL says so.
FIELDS: dict[str, set[str]] = {
    "exists": {"thing"},
    "count": {"thing"},
    "total": set(),
    "where": {"thing"},
    "at": {"cell"},
    "colour": {"thing"},
    "background": set(),
    "relation": {"thing", "other", "side"},
    "next_to": {"thing", "side"},
    "bigger": {"thing", "other"},
    "smaller": {"thing", "other"},
    "more": {"thing", "other"},
    "biggest": set(),
    "smallest": set(),
    "caption": set(),
    "talk": {"intent"},
}
OPTIONAL: dict[str, set[str]] = {kind: {"colour"} for kind in ("exists", "count", "where")}


@pytest.fixture(scope="module")
def entries() -> list[dict]:
    path = Path(sensorium_pocket.__path__[0]) / "paraphrases.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_there_are_many_and_every_kind_occurs(entries: list[dict]) -> None:
    assert len(entries) >= 220
    assert set(Counter(entry["kind"] for entry in entries)) == set(FIELDS)


def test_every_entry_has_the_fields_of_its_kind(entries: list[dict]) -> None:
    for entry in entries:
        given = set(entry) - {"kind", "text"}
        needed = FIELDS[entry["kind"]]
        assert needed <= given <= needed | OPTIONAL.get(entry["kind"], set()), entry


def test_every_value_is_known(entries: list[dict]) -> None:
    for entry in entries:
        assert isinstance(entry["text"], str), entry
        assert entry["text"].strip(), entry
        for field in ("thing", "other"):
            assert entry.get(field) is None or entry[field] in BY_NAME, entry
        if "other" in entry:
            assert entry["other"] != entry["thing"], entry
        if "colour" in entry:
            assert entry["colour"] in BY_NAME[entry["thing"]].colours, entry
        if entry["kind"] == "colour":
            assert BY_NAME[entry["thing"]].colourable, entry
        if "cell" in entry:
            assert type(entry["cell"]) is int, entry
            assert 0 <= entry["cell"] < len(CELLS), entry
        assert entry.get("side", "left") in SIDES, entry
        assert entry.get("intent", "bye") in INTENTS, entry


def test_the_text_names_its_things_and_colour(entries: list[dict]) -> None:
    for entry in entries:
        text = entry["text"].lower()
        for field in ("thing", "other"):
            if field in entry:
                words = (word for pair in BY_NAME[entry[field]].words for word in pair)
                assert any(word in text for word in words), entry
        assert entry.get("colour", "") in text, entry


def test_no_text_occurs_twice(entries: list[dict]) -> None:
    texts = Counter("".join(c for c in e["text"].lower() if c.isalnum()) for e in entries)
    assert [text for text, times in texts.items() if times > 1] == []


def test_every_cell_side_and_intent_occurs(entries: list[dict]) -> None:
    assert {e["cell"] for e in entries if "cell" in e} == set(range(len(CELLS)))
    assert {e["side"] for e in entries if "side" in e} == SIDES
    assert {e["intent"] for e in entries if "intent" in e} == INTENTS


def test_many_things_are_used(entries: list[dict]) -> None:
    used = {entry[field] for entry in entries for field in ("thing", "other") if field in entry}
    assert len(used) >= 40
