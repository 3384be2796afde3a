"""By voice on the page: offered where the model hears, shown as it was understood."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sensorium import ChatEngine
from sensorium.testing import EARS, FakePlugin, FakeTranscriber, fake_engine
from sensorium.ui.conversation import heard, question, to_messages

from .visiting import due

pytest.importorskip("gradio")

pytestmark = [
    pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting' is deprecated"),
    pytest.mark.filterwarnings("ignore:The copy keyword is deprecated"),
]


@pytest.fixture
def transcriber() -> FakeTranscriber:
    return FakeTranscriber({16_000: "where is *it*"})


@pytest.fixture
def engine(transcriber: FakeTranscriber) -> ChatEngine:
    plugin = FakePlugin(transcriber=transcriber)
    return fake_engine(plugin, recipe={**EARS, "generation": {"max_tokens": 5}})


def asked(text: str, *files: dict[str, Any]) -> dict[str, Any]:
    shown = question(text, list(files))
    content = [{**part, "alt_text": None} if "file" in part else part for part in shown["content"]]
    return {"metadata": {}, "options": None, **shown, "content": content}


def test_the_microphone_is_there_for_a_model_that_hears(
    visit: Callable[..., Any], engine: ChatEngine, engine_of: Callable[..., ChatEngine]
) -> None:
    ears = visit(engine).component("question")["props"]
    assert ears["sources"] == ["upload", "microphone"]
    assert ears["file_types"] == ["image", "audio"]
    assert ears["placeholder"] == "Ask, or send a picture"
    eyes = visit(engine_of("x")).component("question")["props"]
    assert eyes["sources"] == ["upload"]
    neither = visit(engine_of("x", eyes=False)).component("question")["props"]
    assert neither["sources"] == []


def test_what_was_understood_is_shown_and_not_heard_again(
    visit: Callable[..., Any],
    engine: ChatEngine,
    transcriber: FakeTranscriber,
    recorded: Callable[[float, str], Path],
) -> None:
    visitor = visit(engine)
    sent = asked("", visitor.upload(recorded(1, "audio.wav")))
    done = visitor.run(visitor.answering(), [due(sent), 0, 1, 5, ""])
    history = done["output"]["data"][0]
    shown = [(one["role"], (one["metadata"] or {}).get("id")) for one in history]
    assert shown == [
        ("user", None),
        ("assistant", "note"),
        ("assistant", None),
        ("assistant", "note"),
    ]
    assert "Heard\\: where is \\*it\\*" in history[1]["content"][0]["text"]
    visitor.ask([*history, asked("And?")], [0, 1, 5, ""])
    assert transcriber.transcribed == 1


def test_sound_without_words_is_asked_for_again(
    visit: Callable[..., Any], engine: ChatEngine, recorded: Callable[[float, str], Path]
) -> None:
    visitor = visit(engine)
    shown = visitor.ask([asked("", visitor.upload(recorded(0.5, "audio.wav")))], [0, 1, 5, ""])
    assert shown[-1][2] == "problem"
    assert "say it again" in shown[-1][1]


def test_a_recording_asks_by_itself(recorded: Callable[[float, str], Path]) -> None:
    (message,) = to_messages([question("", [{"path": str(recorded(1, "any.webm"))}])])
    assert message.text == ""  # no question is put into anybody's mouth
    assert message.media[0].modality == "audio"


def test_what_was_heard_is_small_print() -> None:
    from sensorium import Transcript

    assert heard([Transcript("", "")]) == []
    (shown,) = heard([Transcript("hello", "en")])
    assert shown["metadata"] == {"id": "note"}
    assert (
        to_messages([question("x", []), shown, {"role": "assistant", "content": []}])[0].text == "x"
    )
