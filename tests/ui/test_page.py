"""The served page, spoken to as its own script does: history, errors, stop, and forgeries."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from sensorium.engine import ChatEngine
from sensorium.limits import DEFAULT_LIMITS
from sensorium.ui.answering import UNEXPECTED
from sensorium.ui.conversation import Shown, problem, question
from sensorium.ui.guard import MAX_JSON_BYTES
from sensorium.ui.turns import LONGEST_LINE

from .visiting import due

pytest.importorskip("gradio")

# Gradio's own bookkeeping of its queue uses what pandas 3 deprecates (queueing._get_df).
pytestmark = [
    pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting' is deprecated"),
    pytest.mark.filterwarnings("ignore:The copy keyword is deprecated"),
]

AS_IT_IS = {"__type__": "update"}
"""What leaves the conversation on the page alone."""
SETTINGS = [0, 1, 100, "Be brief."]


@pytest.fixture
def red(tmp_path: Path) -> Path:
    path = tmp_path / "red.png"
    Image.new("RGB", (8, 8), "red").save(path)
    return path


def asked(text: str, *files: dict[str, Any]) -> Shown:
    return {"metadata": {}, "options": None, **sent(question(text, list(files)))}


def sent(shown: Shown) -> Shown:
    """A file part as the browser returns it."""
    content = [
        {"type": "file", "file": part["file"], "alt_text": None} if "file" in part else part
        for part in shown["content"]
    ]
    return {**shown, "content": content}


def told(text: str) -> tuple[str, str, str]:
    """The row of a problem."""
    return ("assistant", problem(text)["content"][0]["text"], "problem")


def test_the_page_is_served_and_loads_nothing_from_elsewhere(
    visit: Callable[..., Any], engine_of: Callable[..., ChatEngine]
) -> None:
    visitor = visit(engine_of("x"))
    page = visitor.http.get("/")
    assert page.status_code == 200
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert "fonts.googleapis" not in visitor.http.get("/theme.css").text
    assert not visitor.config["analytics_enabled"]
    assert visitor.component("question")["props"]["file_types"] == ["image"]


def test_history_and_pictures_reach_the_model(
    visit: Callable[..., Any], engine_of: Callable[..., ChatEngine], red: Path
) -> None:
    engine = engine_of("Three.")
    visitor = visit(engine)
    seen: list[Any] = []
    stream = engine.stream
    engine.stream = lambda messages, options: (  # type: ignore[method-assign]
        seen.append((messages, options)),
        stream(messages, options),
    )[1]
    done = visitor.run(
        visitor.answering(), [due(asked("How many?", visitor.upload(red))), *SETTINGS]
    )
    history = [*done["output"]["data"][0], asked("Where?")]
    shown = visitor.ask(history, [0.5, 0.9, 50, "Be kind."])
    messages, options = seen[1]
    assert [(m.role, m.text, len(m.media)) for m in messages] == [
        ("system", "Be kind.", 0),
        ("user", "How many?", 1),
        ("assistant", "Three.", 0),
        ("user", "Where?", 0),
    ]
    assert (options.temperature, options.top_p, options.max_tokens) == (0.5, 0.9, 50)
    assert [row[0] for row in shown] == ["user"] * 2 + ["assistant"] * 2 + ["user"] + [
        "assistant"
    ] * 2
    assert shown[-2][1] == "Three."
    assert "tokens" in shown[-1][1]
    assert shown[-1][2] == "note"


def test_sensorium_errors_are_told_and_others_are_not(
    visit: Callable[..., Any],
    engine_of: Callable[..., ChatEngine],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = engine_of("Three.")
    visitor = visit(engine)
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n nothing")
    shown = visitor.ask([asked("What?", visitor.upload(broken))])
    assert shown[-1] == told("The picture is damaged or incomplete")
    assert visitor.ask([asked("x" * 5000)])[-1][2] == "problem"
    assert visitor.ask([asked("hi")], ["NaN", 1, 100, ""])[-1][2] == "problem"
    assert visitor.ask([asked("hi")], [0, 1, -3, ""])[-1][2] == "problem"

    def fail(*args: Any) -> Any:
        raise ZeroDivisionError("/secret/path")

    monkeypatch.setattr(engine, "stream", fail)
    assert visitor.ask([asked("hi")])[-1] == told(UNEXPECTED)
    monkeypatch.undo()
    assert visitor.ask([asked("hi")])[-2][1] == "Three."


def test_a_picture_for_a_model_without_eyes(
    visit: Callable[..., Any], engine_of: Callable[..., ChatEngine], red: Path
) -> None:
    visitor = visit(engine_of("Three.", eyes=False))
    assert visitor.component("question")["props"]["sources"] == []
    last = visitor.ask([asked("", visitor.upload(red))])[-1]
    assert "This model cannot perceive image" in last[1]


def test_an_example_is_taken_from_the_page_not_from_the_client(
    visit: Callable[..., Any], engine_of: Callable[..., ChatEngine], red: Path
) -> None:
    visitor = visit(engine_of("Three."), examples=[(red, "Which colour?")])
    forged = {"index": 0, "value": {"text": "Something else", "files": []}}
    done = visitor.run(visitor.event("example_select"), [due(), *SETTINGS], forged)
    file, text = done["output"]["data"][0][0]["content"]
    assert file["file"]["path"].endswith("/red.png")
    assert text["text"] == "Which colour\\?"


@pytest.mark.parametrize("path", [__file__, "/etc/passwd", "../../etc/passwd"])
def test_only_uploaded_files_are_read(
    visit: Callable[..., Any], engine_of: Callable[..., ChatEngine], path: str
) -> None:
    visitor = visit(engine_of("Three."))
    forged = {"path": path, "meta": {"_type": "gradio.FileData"}}
    assert not visitor.run(visitor.answering(), [due(asked("", forged)), *SETTINGS])["success"]
    sneaked = {"path": path}
    assert not visitor.run(visitor.answering(), [due(asked("", sneaked)), *SETTINGS])["success"]
    component = {
        "type": "component",
        "component": "file",
        "value": {"path": path},
        "constructor_args": {},
        "props": {},
    }
    message = {**asked("hi"), "content": [component, *asked("hi")["content"]]}
    shown = visitor.ask([message])
    assert [row[1] for row in shown][:2] == ["hi", "Three."]
    served = visitor.http.get(f"/gradio_api/file={path}")
    assert served.status_code in (403, 404)


@pytest.mark.parametrize(
    "path", ["http://example.invalid/x.png", "https://example.invalid", "file:///etc/passwd"]
)
def test_no_address_is_fetched_at_any_turn(
    visit: Callable[..., Any], engine_of: Callable[..., ChatEngine], path: str
) -> None:
    """Nor by the components that gradio builds anew for a visitor; `serve` watches look-ups."""
    visitor = visit(engine_of("Three."))
    forged = {"path": path, "meta": {"_type": "gradio.FileData"}}
    for turn in range(2):
        assert visitor.http.get(f"/gradio_api/file={path}").status_code in (403, 404)
        done = visitor.run(visitor.answering(), [due(asked("", forged)), *SETTINGS])
        assert done["output"]["error"] == "Only uploaded files are read.", turn
        nothing = visitor.run(visitor.answering(), [[], *SETTINGS])
        assert nothing["output"]["data"] == [AS_IT_IS]


def test_stop_ends_the_generation(
    visit: Callable[..., Any],
    engine_of: Callable[..., ChatEngine],
    until_still: Callable[[ChatEngine], int],
) -> None:
    engine = engine_of("x" * 900, seconds=0.02)
    visitor = visit(engine)
    joined = visitor.join(visitor.answering(), [due(asked("hi")), 0, 1, 1000, ""]).json()
    with visitor.listening() as events:
        next(event for event in events if event["msg"] == "process_generating")
        cancelled = {
            "session_hash": visitor.session,
            "fn_index": visitor.answering(),
            "event_id": joined["event_id"],
        }
        visitor.http.post("/gradio_api/cancel", json=cancelled).raise_for_status()
    assert until_still(engine) < 100
    assert visitor.ask([asked("hi")], [0, 1, 3, ""])[-2][1] == "xxx"


def test_a_visitor_who_leaves_ends_the_generation(
    visit: Callable[..., Any],
    engine_of: Callable[..., ChatEngine],
    until_still: Callable[[ChatEngine], int],
) -> None:
    engine = engine_of("x" * 900, seconds=0.02)
    visitor = visit(engine)
    for turn in range(3):
        visitor.session = f"leaves-{turn}"
        before = engine.pipeline.llm.steps  # type: ignore[attr-defined]
        visitor.join(visitor.answering(), [due(asked("hi")), 0, 1, 1000, ""])
        with visitor.listening() as events:
            next(event for event in events if event["msg"] == "process_generating")
        assert until_still(engine) - before < 150
    visitor.session = "stays"
    assert visitor.ask([asked("hi")], [0, 1, 3, ""])[-2][1] == "xxx"


def test_the_line_is_bounded(
    visit: Callable[..., Any], engine_of: Callable[..., ChatEngine]
) -> None:
    visitor = visit(engine_of("x" * 900, seconds=0.05))
    for number in range(LONGEST_LINE):
        visitor.session = f"waits-{number}"
        visitor.join(visitor.answering(), [due(asked("hi")), 0, 1, 1000, ""]).raise_for_status()
    visitor.session = "comes-too-late"
    shown = visitor.ask([asked("hi")])
    assert shown[0][1] == "hi"
    assert shown[-1] == told("Too many people are asking just now. Try again in a moment.")


def test_large_requests_are_refused(
    visit: Callable[..., Any], engine_of: Callable[..., ChatEngine], tmp_path: Path
) -> None:
    visitor = visit(engine_of("x"))
    long = [due(asked("x" * (MAX_JSON_BYTES + 1))), *SETTINGS]
    assert visitor.join(visitor.answering(), long).status_code == 413
    large = tmp_path / "large.png"
    large.write_bytes(bytes(DEFAULT_LIMITS.file_bytes + 2**20))
    with pytest.raises(httpx.HTTPStatusError, match="413"):
        visitor.upload(large)
